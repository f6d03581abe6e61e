import Foundation
package import Telephony

/// The DTMF receiver of spandsp (Debian `libspandsp2`), where it is installed; loaded when it is asked for, so that Parley
/// needs it neither to build nor to run.
package struct SpanDSP: Sendable {
    private typealias Init = @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> OpaquePointer?
    private typealias Receive = @convention(c) (OpaquePointer?, UnsafePointer<Int16>?, Int32) -> Int32
    private typealias Get = @convention(c) (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int32) -> Int
    private typealias Free = @convention(c) (OpaquePointer?) -> Int32

    private let create: Init
    private let receive: Receive
    private let get: Get
    private let free: Free

    /// `nil` when the library is not there.
    package init?() {
        guard let library = dlopen("libspandsp.so.2", RTLD_NOW), let create = dlsym(library, "dtmf_rx_init"),
            let receive = dlsym(library, "dtmf_rx"), let get = dlsym(library, "dtmf_rx_get"),
            let free = dlsym(library, "dtmf_rx_free")
        else { return nil }
        self.create = unsafeBitCast(create, to: Init.self)
        self.receive = unsafeBitCast(receive, to: Receive.self)
        self.get = unsafeBitCast(get, to: Get.self)
        self.free = unsafeBitCast(free, to: Free.self)
    }

    /// What it hears in audio of 8 kHz, frame by frame; a key is dated by the frame in which it was reported.
    package func hear(_ audio: PCMAudio) -> [HeardDigit] {
        guard let state = create(nil, nil, nil) else { return [] }
        defer { _ = free(state) }
        var heard: [HeardDigit] = []
        var text = [CChar](repeating: 0, count: 129)
        for start in stride(from: 0, to: audio.samples.count, by: 160) {
            let count = min(160, audio.samples.count - start)
            audio.samples.withUnsafeBufferPointer { samples in
                _ = receive(state, samples.baseAddress.map { $0 + start }, Int32(count))
            }
            let digits = text.withUnsafeMutableBufferPointer { get(state, $0.baseAddress, 128) }
            for index in 0..<max(0, min(128, digits)) {
                let character = Character(UnicodeScalar(UInt8(bitPattern: text[index])))
                // Two blocks of 12.75 ms had to be filled.
                if let digit = Digit(character) {
                    heard.append(HeardDigit(digit: digit, start: Double(start + count) / 8_000 - 0.03))
                }
            }
        }
        return heard
    }

    /// Runs frames of 20 ms through one receiver, for measuring.
    package func run(_ samples: [Int16]) {
        guard let state = create(nil, nil, nil) else { return }
        defer { _ = free(state) }
        samples.withUnsafeBufferPointer { buffer in
            for start in stride(from: 0, through: samples.count - 160, by: 160) {
                _ = receive(state, buffer.baseAddress.map { $0 + start }, 160)
            }
        }
    }

    /// The receiver as a detector.
    package var detector: DigitDetector {
        let library = self
        return DigitDetector(name: "spandsp", sampleRates: [8_000]) { library.hear($0) }
    }
}
