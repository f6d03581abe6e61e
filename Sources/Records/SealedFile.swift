import Crypto
package import Foundation

/// The key of recordings, or of journals, at rest, 256 bits, from a file or the environment.
package struct RecordingKey: Sendable {
    let key: SymmetricKey

    package init(octets: Data, of form: SealedFile.Form = .recording) throws(RecordsError) {
        guard octets.count == 32 else {
            throw RecordsError(
                "the key of \(form.name)s has \(octets.count) octets; it takes 32, as 64 hexadecimal digits")
        }
        key = SymmetricKey(data: octets)
    }

    /// Reads a key: `env:NAME` or `file:PATH`, each holding 64 hexadecimal digits, such as `openssl rand -hex 32` makes.
    ///
    /// - Throws: ``RecordsError``; its text never holds any of the key.
    package init(from place: String, of form: SealedFile.Form = .recording) throws(RecordsError) {
        let text = try Secret.read(place, for: "the key of \(form.name)s")
        let digits = Array(text.utf8)
        var octets = Data()
        for index in stride(from: 0, to: digits.count - digits.count % 2, by: 2) {
            guard let octet = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                throw RecordsError("\(place): the key of \(form.name)s is written in hexadecimal digits")
            }
            octets.append(octet)
        }
        try self.init(octets: octets, of: form)
    }

    /// A key of its own for each file, so that no nonce can meet the same key in two of them.
    func fileKey(salt: Data, for form: SealedFile.Form) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: salt, info: Data("parley \(form.name)".utf8), outputByteCount: 32)
    }
}

/// A secret that the configuration names and does not hold.
package enum Secret {
    /// Reads `env:NAME` or `file:PATH`, without the white space around it.
    ///
    /// - Throws: ``RecordsError`` when it is not there, or when the file may be read by everybody.
    package static func read(_ place: String, for what: String) throws(RecordsError) -> String {
        if place.hasPrefix("env:") {
            let name = String(place.dropFirst(4))
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw RecordsError("\(what): the environment has no \(name)")
            }
            return value.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard place.hasPrefix("file:") else {
            throw RecordsError("\(what) is named by env:NAME or file:PATH, and never written down in place")
        }
        let path = String(place.dropFirst(5))
        var status = stat()
        guard stat(path, &status) == 0, let data = FileManager.default.contents(atPath: path) else {
            throw RecordsError("\(what): \(path) is not there or cannot be read")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw RecordsError("\(what): everybody may read \(path); run 'chmod o-rwx \(path)'")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A file encrypted piece by piece with AES-256-GCM, so that what was written before a crash can be read.
///
/// `PARLEYR1`, or `PARLEYJ1` for a journal, 16 octets of salt, then pieces: a length of 4 octets (big-endian), and so many octets of nonce, ciphertext
/// and tag. The piece's number and whether it is the last are authenticated with it: pieces cannot be taken out, swapped
/// or cut off without notice. The first octet of a length is 0, in a journal a check of the three others: a length that was
/// changed is no file that breaks off.
package enum SealedFile {
    /// What is in the file.
    package enum Form: String, Sendable {
        case recording
        case journal

        var name: String { rawValue }
        package var magic: Data { Data((self == .recording ? "PARLEYR1" : "PARLEYJ1").utf8) }

        fileprivate func length(_ count: Int) -> Data {
            let octets = withUnsafeBytes(of: UInt32(count).bigEndian) { Data($0) }
            return self == .recording ? octets : Data([check(octets.dropFirst())]) + octets.dropFirst()
        }

        /// - Returns: `nil` for what no length can be.
        fileprivate func count(_ octets: Data) -> Int? {
            let rest = octets.dropFirst()
            guard octets.first == (self == .recording ? 0 : check(rest)) else { return nil }
            let count = rest.reduce(0) { $0 << 8 | Int($1) }
            return count <= pieceLength + 64 ? count : nil
        }

        private func check(_ octets: Data) -> UInt8 { octets.reduce(0xA5) { ($0 << 1 | $0 >> 7) ^ $1 } }
    }

    package static let magic = Form.recording.magic
    static let saltLength = 16
    /// Octets of plain text in a piece.
    package static let pieceLength = 64 << 10

    /// The sealed form of octets, in pieces.
    package static func seal(_ plain: Data, with key: RecordingKey) throws(RecordsError) -> Data {
        var writer = Writer(key: key)
        var sealed = writer.header
        var offset = 0
        repeat {
            let end = min(plain.count, offset + pieceLength)
            let piece = plain[plain.startIndex + offset..<plain.startIndex + end]
            sealed += try writer.seal(piece, isLast: end == plain.count)
            offset = end
        } while offset < plain.count
        return sealed
    }

    /// Seals pieces in their order.
    package struct Writer {
        private let key: SymmetricKey
        private let form: Form
        private var count: UInt64 = 0
        package let header: Data

        package init(key: RecordingKey, form: Form = .recording) {
            let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
            self.key = key.fileKey(salt: salt, for: form)
            self.form = form
            header = form.magic + salt
        }

        package mutating func seal(_ piece: Data, isLast: Bool) throws(RecordsError) -> Data {
            do {
                let box = try AES.GCM.seal(piece, using: key, authenticating: context(count, isLast))
                count += 1
                guard let octets = box.combined else { throw RecordsError("a \(form.name) could not be encrypted") }
                return form.length(octets.count) + octets
            } catch {
                throw RecordsError("a \(form.name) could not be encrypted: \(error)")
            }
        }
    }

    /// Opens a sealed file.
    ///
    /// - Parameter allowsCut: whether a file that breaks off, as after a crash, is read as far as it goes.
    /// - Throws: ``RecordsError`` when the key is another, or the file is not as it was written.
    package static func open(
        _ sealed: Data, with key: RecordingKey, allowsCut: Bool = false
    ) throws(RecordsError) -> Data {
        let (plain, pieces, isWhole) = try read(sealed, with: key, .recording, allowsCut: allowsCut)
        guard isWhole || allowsCut else { throw RecordsError("the recording is cut off after \(pieces) pieces") }
        return plain
    }

    /// Opens a sealed journal as far as it goes.
    ///
    /// - Returns: its octets, and whether it breaks off.
    /// - Throws: ``RecordsError`` when the key is another, or the file is not as it was written.
    package static func openJournal(
        _ sealed: Data, with key: RecordingKey
    ) throws(RecordsError) -> (octets: Data, isCut: Bool) {
        let (plain, _, isWhole) = try read(sealed, with: key, .journal, allowsCut: true)
        return (plain, !isWhole)
    }

    private static func read(
        _ sealed: Data, with key: RecordingKey, _ form: Form, allowsCut: Bool
    ) throws(RecordsError) -> (plain: Data, pieces: UInt64, isWhole: Bool) {
        let sealed = Data(sealed)
        guard sealed.count >= form.magic.count + saltLength, sealed.prefix(form.magic.count) == form.magic else {
            throw RecordsError("this is no encrypted \(form.name)")
        }
        let fileKey = key.fileKey(salt: sealed[form.magic.count..<form.magic.count + saltLength], for: form)
        var plain = Data()
        var offset = form.magic.count + saltLength
        var number: UInt64 = 0
        while let (piece, end) = try nextPiece(sealed, offset, form, number) {
            let isLast = end == sealed.count
            guard let (opened, isMarkedLast) = open(piece, fileKey, number, isLast, allowsCut: allowsCut) else {
                throw RecordsError(
                    number == 0
                        ? "the \(form.name) cannot be decrypted: the key is another, or the file was changed"
                        : "the \(form.name) was changed or cut off in its piece \(number + 1)")
            }
            plain += opened
            number += 1
            if isLast { return (plain, number, isMarkedLast) }
            offset = end
        }
        return (plain, number, false)
    }

    /// - Returns: `nil` where the file breaks off.
    private static func nextPiece(
        _ sealed: Data, _ offset: Int, _ form: Form, _ number: UInt64
    ) throws(RecordsError) -> (piece: Data, end: Int)? {
        guard offset + 4 <= sealed.count else { return nil }
        guard let length = form.count(sealed[offset..<offset + 4]) else {
            throw RecordsError("the \(form.name) was changed in its piece \(number + 1)")
        }
        guard offset + 4 + length <= sealed.count else { return nil }
        return (sealed[offset + 4..<offset + 4 + length], offset + 4 + length)
    }

    private static func open(
        _ piece: Data, _ key: SymmetricKey, _ number: UInt64, _ isLast: Bool, allowsCut: Bool
    ) -> (plain: Data, isMarkedLast: Bool)? {
        guard let box = try? AES.GCM.SealedBox(combined: piece) else { return nil }
        if let plain = try? AES.GCM.open(box, using: key, authenticating: context(number, isLast)) {
            return (plain, isLast)
        }
        guard isLast, allowsCut else { return nil }
        return (try? AES.GCM.open(box, using: key, authenticating: context(number, false))).map { ($0, false) }
    }

    private static func context(_ number: UInt64, _ isLast: Bool) -> Data {
        withUnsafeBytes(of: number.bigEndian) { Data($0) } + Data([isLast ? 1 : 0])
    }
}
