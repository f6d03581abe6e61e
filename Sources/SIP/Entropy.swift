/// The randomness of the SIP core: tags, branches, Call-IDs, nonces and keys are drawn from what the edge passes in, the
/// system's generator live, a seeded one in replay and tests.
package struct Entropy: Sendable {
    private var generator: any RandomNumberGenerator & Sendable
    /// Which shard made a tag or a Call-ID, so that any shard can tell whose it is.
    package let shard: UInt8

    package init(_ generator: any RandomNumberGenerator & Sendable, shard: UInt8 = 0) {
        self.generator = generator
        self.shard = shard
    }

    package mutating func next() -> UInt64 { generator.next() }

    package mutating func octets(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count + 8)
        while result.count < count {
            var word = next()
            for _ in 0..<8 {
                result.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Array(result.prefix(count))
    }

    /// A number below a bound, evenly.
    mutating func number(below bound: UInt64) -> UInt64 { bound <= 1 ? 0 : next() % bound }

    /// A token that nobody can guess: the shard in two hexadecimal digits, then 80 random bits.
    package mutating func token() -> String {
        var text = String(shard, radix: 16)
        if text.utf8.count < 2 { text = "0" + text }
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var octets = Array(text.utf8)
        for octet in self.octets(16) { octets.append(alphabet[Int(octet & 31)]) }
        return String(decoding: octets, as: UTF8.self)
    }

    mutating func branch() -> String { Via.magicCookie + token() }

    /// The shard that made a tag or a Call-ID; `nil` for one that Parley did not make.
    package static func shard(of token: String) -> UInt8? {
        guard token.utf8.count == 18 else { return nil }
        return UInt8(token.prefix(2), radix: 16)
    }
}
