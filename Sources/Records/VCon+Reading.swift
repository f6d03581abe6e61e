import Crypto
package import Foundation
import Telephony

extension VCon {
    /// Octets of a vCon that are read.
    package static let longestDocument = 512 << 20

    /// Reads a vCon: the unsigned form, or the signed form, whose signature is not verified.
    ///
    /// - Throws: ``RecordsError`` when it is encrypted, or no vCon.
    package init(parsing data: Data) throws(RecordsError) {
        self = try VCon.read(data, mayBeSigned: true)
    }

    private static func read(_ data: Data, mayBeSigned: Bool) throws(RecordsError) -> VCon {
        guard data.count <= longestDocument else {
            throw RecordsError("this vCon is larger than \(longestDocument >> 20) MiB; keep its recordings outside it")
        }
        do {
            let form = try JSONDecoder().decode(Form.self, from: data)
            if form.ciphertext != nil {
                throw RecordsError("this vCon is encrypted (JWE); decrypt it first, Parley has no key of it")
            }
            if mayBeSigned, let payload = form.payload {
                guard let inner = Data(base64URL: payload) else {
                    throw RecordsError("this vCon is signed, but its payload is not base64url")
                }
                return try read(inner, mayBeSigned: false)
            }
            return try JSONDecoder().decode(VCon.self, from: data)
        } catch let error as RecordsError {
            throw error
        } catch let error as DecodingError {
            throw RecordsError("this is no vCon: \(VCon.sentence(error))")
        } catch {
            throw RecordsError("this is no vCon: \(error)")
        }
    }

    /// The members by which the forms are told apart.
    private struct Form: Decodable {
        var payload: String?
        var ciphertext: String?
    }

    private static func sentence(_ error: DecodingError) -> String {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "it cannot be read")
            }
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return (path.isEmpty ? "" : "at \(path): ") + context.debugDescription
    }

    /// A recording of the conversation, and who is on which channel.
    package struct ReadRecording: Sendable {
        package var data: Data
        package var dialog: Dialog
        /// The channel that is the caller's; 0 when the vCon does not say.
        package var callerChannel: Int
        /// The party who called.
        package var caller: Int
    }

    /// The first recording whose audio is in the vCon, or in a file beside it.
    ///
    /// - Parameter folder: where file names and relative URLs begin.
    /// - Throws: ``RecordsError`` when there is none, it is on the network, or its hash is another.
    package func recording(besides folder: String) throws(RecordsError) -> ReadRecording {
        var problem: RecordsError?
        for dialog in dialog where dialog.kind == .recording {
            do {
                guard let data = try dialog.content.octets(besides: folder) else { continue }
                let caller = dialog.originator ?? dialog.parties.first?.first ?? 0
                let channel = dialog.parties.firstIndex { $0.contains(caller) } ?? 0
                return ReadRecording(data: data, dialog: dialog, callerChannel: channel, caller: caller)
            } catch {
                problem = problem ?? error
            }
        }
        throw problem ?? RecordsError("this vCon holds no recording, so there is nothing to replay")
    }
}

extension VCon.Content {
    /// What the content says, from inside the vCon or from a file; `nil` when there is none.
    func octets(besides folder: String) throws(RecordsError) -> Data? {
        if let body {
            switch (encoding ?? VCon.Encoding.none, body) {
            case (.base64url, .string(let text)):
                guard let data = Data(base64URL: text) else {
                    throw RecordsError("\(filename ?? "a recording"): its body is not base64url")
                }
                return data
            case (.none, .string(let text)): return Data(text.utf8)
            default: return body.data
            }
        }
        guard let place = url ?? filename else { return nil }
        let path: String
        if place.hasPrefix("file://") {
            path = String(place.dropFirst("file://".count))
        } else if place.contains("://") {
            throw RecordsError("\(place): this recording is on the network; fetch it and name the audio file instead")
        } else {
            path = place.hasPrefix("/") ? place : (folder as NSString).appendingPathComponent(place)
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RecordsError("\(path): the recording that the vCon names is not there")
        }
        for hash in contentHash where !VCon.Content.matches(hash, data) {
            throw RecordsError(
                "\(path): this is not the recording that the vCon means: its \(hash.prefix(6)) is another")
        }
        return data
    }

    /// Whether octets have a hash; one of an algorithm that is not known says nothing.
    private static func matches(_ hash: String, _ data: Data) -> Bool {
        guard let dash = hash.firstIndex(of: "-") else { return false }
        let expected = Data(base64URL: String(hash[hash.index(after: dash)...]))
        switch hash[..<dash] {
        case "sha512": return expected == Data(SHA512.hash(data: data))
        case "sha384": return expected == Data(SHA384.hash(data: data))
        case "sha256": return expected == Data(SHA256.hash(data: data))
        default: return true
        }
    }
}
