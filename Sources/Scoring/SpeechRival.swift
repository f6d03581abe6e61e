import Foundation
package import FrontEnd

/// Another voice-activity detector, for the same suites. Loaded or started when it is asked for, so that Parley needs
/// none of them to build or to run.
package struct SpeechRival: Sendable {
    package let name: String
    /// Whether each 20 ms of audio at 8 kHz are speech.
    private let judge: @Sendable ([Int16]) throws -> [Bool]

    /// What the rival decides about each 20 ms of audio at 8 kHz.
    ///
    /// - Throws: ``RivalError`` when it breaks down.
    package func decisions(of samples: [Int16]) throws -> [SpeechDetector.Decision] {
        try judge(samples).map { SpeechDetector.Decision(probability: $0 ? 1 : 0, isActive: $0) }
    }

    /// Every rival, and for each that is not here what to install for it.
    package static func all() -> (rivals: [SpeechRival], missing: [String]) {
        let found: [(SpeechRival?, String)] = [
            (webRTC(mode: 3), "webrtcvad is not measured: install the PyPI package webrtcvad-wheels"),
            (webRTC(mode: 2), ""), (speex(), "speexdsp is not measured: install Debian's libspeexdsp1"),
        ]
        return (found.compactMap(\.0), found.filter { $0.0 == nil && !$0.1.isEmpty }.map(\.1))
    }

    // MARK: - speexdsp

    /// The detector in speexdsp's preprocessor, with probabilities of 80 % to start and 65 % to go on.
    static func speex() -> SpeechRival? {
        typealias Create = @convention(c) (Int32, Int32) -> OpaquePointer?
        typealias Control = @convention(c) (OpaquePointer?, Int32, UnsafeMutableRawPointer?) -> Int32
        typealias Run = @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int16>?) -> Int32
        typealias Destroy = @convention(c) (OpaquePointer?) -> Void
        guard let library = dlopen("libspeexdsp.so.1", RTLD_NOW),
            let createSymbol = dlsym(library, "speex_preprocess_state_init"),
            let controlSymbol = dlsym(library, "speex_preprocess_ctl"),
            let runSymbol = dlsym(library, "speex_preprocess_run"),
            let destroySymbol = dlsym(library, "speex_preprocess_state_destroy")
        else { return nil }
        let create = unsafeBitCast(createSymbol, to: Create.self)
        let control = unsafeBitCast(controlSymbol, to: Control.self)
        let run = unsafeBitCast(runSymbol, to: Run.self)
        let destroy = unsafeBitCast(destroySymbol, to: Destroy.self)
        return SpeechRival(name: "speexdsp") { samples in
            guard let state = create(160, 8_000) else { throw RivalError("speexdsp could not create its state") }
            defer { destroy(state) }
            // SPEEX_PREPROCESS_SET_VAD, SET_PROB_START, SET_PROB_CONTINUE. The library warns of the first on standard
            // error, once a state.
            withoutStandardError {
                for (request, setting) in [(4, 1), (14, 80), (16, 65)] as [(Int32, Int32)] {
                    var value = setting
                    _ = control(state, request, &value)
                }
            }
            return stride(from: 0, through: samples.count - 160, by: 160).map { start in
                var frame = Array(samples[start..<(start + 160)])
                return run(state, &frame) != 0
            }
        }
    }

    private static func withoutStandardError(_ work: () -> Void) {
        let (saved, nowhere) = (dup(2), open("/dev/null", O_WRONLY))
        if nowhere >= 0 { dup2(nowhere, 2) }
        work()
        if saved >= 0 { dup2(saved, 2) }
        for descriptor in [saved, nowhere] where descriptor >= 0 { close(descriptor) }
    }

    // MARK: - webrtcvad

    /// A mode by its number, samples on standard input, a character a frame on standard output.
    private static let script =
        "import sys, webrtcvad; vad, data = webrtcvad.Vad(int(sys.argv[1])), sys.stdin.buffer.read(); print(''.join("
        + "'01'[vad.is_speech(data[i:i + 320], 8000)] for i in range(0, len(data) - 319, 320)), end='')"

    /// The PyPI package `webrtcvad`, where Python has it.
    ///
    /// - Parameter mode: 0, which takes most for speech, to 3.
    static func webRTC(mode: Int) -> SpeechRival? {
        let rival = SpeechRival(name: "webrtcvad mode \(mode)") { samples in
            let path = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString).s16le")
            defer { try? FileManager.default.removeItem(at: path) }
            try samples.withUnsafeBytes { Data($0) }.write(to: path)
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", "-c", script, String(mode)]
            process.standardInput = try FileHandle(forReadingFrom: path)
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw RivalError("webrtcvad cannot be run by python3") }
            return text.map { $0 == UInt8(ascii: "1") }
        }
        guard (try? rival.judge([Int16](repeating: 0, count: 160)))?.count == 1 else { return nil }
        return rival
    }
}

/// A rival broke down: one sentence.
package struct RivalError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
