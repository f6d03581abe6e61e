/// Why the octets of a journal cannot be read.
package struct JournalError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    static let truncated = JournalError("an entry of the journal ends before its time")
    static func unknown(_ what: String) -> JournalError {
        JournalError("the journal has \(what) that this version does not know")
    }
}

/// What a journal can hold, in a form of few octets that is read back as it was.
protocol JournalCodable {
    func write(to journal: inout JournalWriter)
    init(from journal: inout JournalReader) throws(JournalError)
}

/// Makes the octets of a journal: whole numbers in groups of seven bits, texts and lists behind their counts.
struct JournalWriter {
    private(set) var octets: [UInt8] = []
    /// Digits that were given as secrets: where they stand in a text, zeros do.
    var secrets: [[UInt8]] = []

    init() {}

    mutating func byte(_ value: UInt8) { octets.append(value) }
    mutating func flag(_ value: Bool) { octets.append(value ? 1 : 0) }

    mutating func count(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        octets.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Small numbers of either sign are short.
    mutating func number(_ value: Int64) { count(UInt64(bitPattern: value << 1 ^ value >> 63)) }
    mutating func number(_ value: Int) { number(Int64(value)) }

    /// Eight octets.
    mutating func word(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { octets.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func fraction(_ value: Double) { word(value.bitPattern) }

    mutating func text(_ value: String) {
        var utf8 = Array(value.utf8)
        for secret in secrets { JournalWriter.blank(secret, in: &utf8) }
        count(UInt64(utf8.count))
        octets += utf8
    }

    mutating func raw(_ value: some RawRepresentable<String>) { text(value.rawValue) }
    mutating func append(_ span: Span<UInt8>) { span.withUnsafeBufferPointer { octets.append(contentsOf: $0) } }
    mutating func append(_ other: [UInt8]) { octets += other }
    mutating func value(_ value: some JournalCodable) { value.write(to: &self) }

    mutating func optional<Wrapped>(_ value: Wrapped?, _ write: (inout JournalWriter, Wrapped) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func optional(_ value: (some JournalCodable)?) { optional(value) { $0.value($1) } }

    mutating func list<Element>(_ values: [Element], _ write: (inout JournalWriter, Element) -> Void) {
        count(UInt64(values.count))
        for value in values { write(&self, value) }
    }

    mutating func fields(_ fields: [(name: String, value: String)]) {
        list(fields) { journal, field in
            journal.text(field.name)
            journal.text(field.value)
        }
    }

    /// Puts zeros where a secret stands.
    private static func blank(_ secret: [UInt8], in text: inout [UInt8]) {
        guard !secret.isEmpty, text.count >= secret.count else { return }
        for start in 0...(text.count - secret.count) where text[start..<start + secret.count].elementsEqual(secret) {
            for index in start..<start + secret.count { text[index] = 0x30 }
        }
    }
}

/// Reads what a ``JournalWriter`` made, and trusts none of it.
struct JournalReader {
    private let octets: ArraySlice<UInt8>
    private var offset: Int
    /// How deep values lie within values.
    var depth = 0

    init(_ octets: ArraySlice<UInt8>) {
        self.octets = octets
        offset = octets.startIndex
    }

    var isAtEnd: Bool { offset >= octets.endIndex }

    mutating func byte() throws(JournalError) -> UInt8 {
        guard offset < octets.endIndex else { throw .truncated }
        defer { offset += 1 }
        return octets[offset]
    }

    mutating func flag() throws(JournalError) -> Bool {
        let value = try byte()
        guard value <= 1 else { throw .unknown("a flag") }
        return value == 1
    }

    mutating func count() throws(JournalError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
        }
        throw .unknown("a number")
    }

    mutating func number() throws(JournalError) -> Int64 {
        let value = try count()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A whole number within bounds.
    mutating func number(_ bounds: ClosedRange<Int>) throws(JournalError) -> Int {
        let value = try number()
        guard let number = Int(exactly: value), bounds.contains(number) else { throw .unknown("a number") }
        return number
    }

    mutating func word() throws(JournalError) -> UInt64 {
        var value: UInt64 = 0
        for _ in 0..<8 { value = try value << 8 | UInt64(byte()) }
        return value
    }

    /// A fraction within bounds.
    mutating func fraction(_ bounds: ClosedRange<Double>) throws(JournalError) -> Double {
        let value = Double(bitPattern: try word())
        guard bounds.contains(value) else { throw .unknown("a number") }
        return value
    }

    mutating func text() throws(JournalError) -> String {
        let count = try count()
        guard count <= UInt64(octets.endIndex - offset) else { throw .truncated }
        defer { offset += Int(count) }
        return String(decoding: octets[offset..<offset + Int(count)], as: UTF8.self)
    }

    mutating func raw<Value: RawRepresentable<String>>() throws(JournalError) -> Value {
        let text = try text()
        guard let value = Value(rawValue: text) else { throw .unknown("'\(text.prefix(40))'") }
        return value
    }

    /// What is left of the entry.
    mutating func rest() -> [UInt8] {
        defer { offset = octets.endIndex }
        return Array(octets[offset...])
    }

    mutating func value<Value: JournalCodable>() throws(JournalError) -> Value { try Value(from: &self) }

    mutating func optional<Value>(
        _ read: (inout JournalReader) throws(JournalError) -> Value
    ) throws(JournalError) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func optional<Value: JournalCodable>() throws(JournalError) -> Value? {
        try flag() ? try Value(from: &self) : nil
    }

    /// A list, of which every item is at least an octet.
    mutating func list<Value>(
        _ read: (inout JournalReader) throws(JournalError) -> Value
    ) throws(JournalError) -> [Value] {
        let count = try count()
        guard count <= UInt64(octets.endIndex - offset) else { throw .truncated }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    mutating func fields() throws(JournalError) -> [(name: String, value: String)] {
        try list { (journal: inout JournalReader) throws(JournalError) in
            (name: try journal.text(), value: try journal.text())
        }
    }
}

/// A number of 64 bits that tells octets apart: every difference of one word changes it.
struct OctetDigest {
    private(set) var value: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func add(_ word: UInt64) {
        value = (value ^ word) &* 0xD6E8_FEB8_6659_FD93
        value ^= value >> 32
    }

    mutating func add(_ octets: Span<UInt8>) {
        octets.withUnsafeBytes { add($0) }
        add(UInt64(octets.count))
    }

    mutating func add(_ samples: [Int16]) {
        samples.withUnsafeBytes { add($0) }
        add(UInt64(samples.count))
    }

    private mutating func add(_ raw: UnsafeRawBufferPointer) {
        var offset = 0
        while offset &+ 8 <= raw.count {
            add(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
        var last: UInt64 = 0
        while offset < raw.count {
            last = last << 8 | UInt64(raw[offset])
            offset &+= 1
        }
        add(last)
    }
}
