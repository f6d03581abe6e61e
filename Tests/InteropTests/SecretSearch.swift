import Foundation

/// What is looked for in everything that a call leaves behind: the digits of a secret, however they are written, and its
/// words.
struct SecretSearch {
    let digits: String
    /// Words that occur nowhere by chance.
    let words: [String]

    /// As many digits in a row as do not occur by chance.
    private static let run = 7

    /// What of the secret is in some octets; `nil` when nothing is.
    func find(in data: Data) -> String? { needles.first { SecretSearch.holds(data, $0.octets) }?.name }

    /// Files of a database are large: candidates are found by their first octet, by the C library.
    private static func holds(_ data: Data, _ needle: Data) -> Bool {
        data.withUnsafeBytes { octets in
            needle.withUnsafeBytes { sought in
                guard let hay = octets.baseAddress, let pin = sought.baseAddress, let first = sought.first else {
                    return false
                }
                var start = 0
                while octets.count - start >= sought.count {
                    let room = octets.count - start - sought.count + 1
                    guard let found = memchr(hay + start, Int32(first), room) else { return false }
                    if memcmp(found, pin, sought.count) == 0 { return true }
                    start = UnsafeRawPointer(found) - hay + 1
                }
                return false
            }
        }
    }

    /// Runs of digits and words: as text, in UTF-16, in base64 at each of its three phases, and in hexadecimal.
    private var needles: [(name: String, octets: Data)] {
        var texts = words
        for start in 0...(digits.count - SecretSearch.run) {
            texts.append(String(digits.dropFirst(start).prefix(SecretSearch.run)))
        }
        var needles: [(name: String, octets: Data)] = []
        for text in texts {
            needles.append((text, Data(text.utf8)))
            if let wide = text.data(using: .utf16LittleEndian) { needles.append((text + " in UTF-16", wide)) }
            needles.append((text + " spelled", Data(text.map { String($0) }.joined(separator: " ").utf8)))
            let hexadecimal = text.utf8.map { String($0, radix: 16) }.joined()
            needles.append((text + " in hexadecimal", Data(hexadecimal.utf8)))
        }
        for phase in 0..<3 {
            // The characters of base64 that depend on the secret alone.
            let shifted = Data(digits.dropFirst(phase).utf8)
            let encoded = shifted.prefix(shifted.count / 3 * 3).base64EncodedString().prefix(12)
            needles.append(("\(encoded), which is base64", Data(encoded.utf8)))
        }
        return needles
    }

    /// A key that stands by itself where a program writes keys: of a fact, of a vCon, of an INFO.
    func findKey(in data: Data) -> String? {
        for prefix in ["\"digit\":\"", "\"button\":\"", "\"digit\" : \"", "Signal=", "\"key\":\""] {
            var rest = data[...]
            while let found = rest.range(of: Data(prefix.utf8)) {
                rest = rest[found.upperBound...]
                if let next = rest.first, (48...57).contains(next) { return prefix + String(UnicodeScalar(next)) }
            }
        }
        return nil
    }
}
