import AudioFiles
import Foundation
import Records

extension FuzzCases {
    /// A vCon, which is read, written and read again, and whose recording is decoded.
    static func vCon(_ bytes: Span<UInt8>) {
        let data = bytes.withUnsafeBufferPointer { Data($0) }
        guard let document = try? VCon(parsing: data) else { return }
        if let again = try? document.data() { _ = try? VCon(parsing: again) }
        if let recording = try? document.recording(besides: "/nowhere") {
            _ = try? AudioEncoding.decode(recording.data, name: "fuzz")
        }
    }

    /// An encrypted recording.
    static func sealed(_ bytes: Span<UInt8>) {
        let data = bytes.withUnsafeBufferPointer { Data($0) }
        guard let key = try? RecordingKey(octets: Data(repeating: 1, count: 32)) else { return }
        _ = try? SealedFile.open(data, with: key)
        _ = try? SealedFile.open(SealedFile.magic + data, with: key, allowsCut: true)
        _ = try? SealedFile.openJournal(SealedFile.Form.journal.magic + data, with: key)
    }
}
