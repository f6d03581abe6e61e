/// Looking for text in text. Positions count UTF-16 code units, as Power Fx does.
enum TextSearch {
    static func contains(_ needle: String, in hay: String, ignoresCase: Bool) -> Bool {
        if needle.isEmpty { return true }
        if ignoresCase { return position(of: needle.lowercased(), in: hay.lowercased(), from: 0) != nil }
        return position(of: needle, in: hay, from: 0) != nil
    }

    /// Where the needle begins, from a start on; `nil` when it does not occur.
    static func position(of needle: String, in hay: String, from start: Int) -> Int? {
        let (needle, hay) = (Array(needle.utf16), Array(hay.utf16))
        return position(of: needle, in: hay, from: start)
    }

    static func position(of needle: [UInt16], in hay: [UInt16], from start: Int) -> Int? {
        guard start >= 0, start <= hay.count else { return nil }
        guard let first = needle.first else { return start }
        guard needle.count <= hay.count - start else { return nil }
        // Knuth, Morris, Pratt: no text makes it slow.
        var failure = [Int](repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[index] != needle[matched] { matched = failure[matched - 1] }
            if needle[index] == needle[matched] { matched += 1 }
            failure[index] = matched
        }
        matched = 0
        _ = first
        for index in start..<hay.count {
            while matched > 0, hay[index] != needle[matched] { matched = failure[matched - 1] }
            if hay[index] == needle[matched] { matched += 1 }
            if matched == needle.count { return index - matched + 1 }
        }
        return nil
    }
}

extension String {
    init(units: some Sequence<UInt16>) { self = String(decoding: Array(units), as: UTF16.self) }

    /// Every character is one octet and one UTF-16 code unit.
    private var isASCII: Bool { utf8.count == utf16.count }

    /// The first so many UTF-16 code units.
    func leading(_ count: Int) -> String {
        if count >= utf8.count { return self }
        if isASCII { return String(Substring(utf8.prefix(max(0, count)))) }
        return String(units: utf16.prefix(max(0, count)))
    }

    /// The last so many UTF-16 code units.
    func trailing(_ count: Int) -> String {
        if count >= utf8.count { return self }
        if isASCII { return String(Substring(utf8.suffix(max(0, count)))) }
        return String(units: utf16.suffix(max(0, count)))
    }
}
