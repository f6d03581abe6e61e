/// The reference of the configuration file, as a file that may be edited: every key with its meaning and what holds
/// without it.
package enum ConfigurationReference {
    /// Names and values that stand for those a file chooses.
    private static let samples: [String: String] = [
        "agents.*": "riverbend: Audio/Agents/riverbend",
        "people.*.address": "# address: \"phone:ada@example.com\"",
        "experts.*.address": "# address: \"phone:eva@example.com\"",
        "people.*.queues": "# queues: [billing]",
        "outbound.queue": "# queue: billing",
        "trunks.*.listen": "listen: [\"udp:127.0.0.1:5060\", \"tcp:127.0.0.1:5060\"]",
        "trunks.*.allow": "allow: [127.0.0.0/8]",
        "trunks.*.otherwise": "otherwise: riverbend",
        "trunks.*.numbers.*": "# \"+15550100\": riverbend",
        "trunks.*.headers.out.*": "# X-Parley-Call: \"{call}\"",
    ]

    /// Names that a file chooses, by the key above them.
    private static let names = ["trunks": "carrier", "people": "ada", "experts": "eva", "queues": "billing"]

    package static var text: String {
        var lines = [
            "# What 'parley serve --config FILE' is told. A line that is commented out shows what holds without it.",
            "# Every key is also an environment variable: \(ConfigurationKey.variable(["media", "ports"])) for media.ports.",
        ]
        var open: [String] = []
        for key in ConfigurationKey.all {
            let name = names[key.path[0]] ?? "name"
            let parents = key.path.dropLast().map { $0 == "*" ? name : $0 }
            let shared = zip(open, parents).prefix { $0 == $1 }.count
            for depth in shared..<parents.count {
                lines.append(indent(depth) + parents[depth] + ":")
            }
            open = parents
            lines.append(contentsOf: line(of: key).map { indent(parents.count) + $0 })
        }
        return lines.joined(separator: "\n")
    }

    private static func line(of key: ConfigurationKey) -> [String] {
        let name = key.path.last ?? ""
        let value =
            samples[key.path.joined(separator: ".")]
            ?? "# \(name):\(key.fallback.isEmpty ? "" : " " + key.fallback)"
        return ["# \(key.meaning) Takes \(key.kind.description).", value]
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "    ", count: depth) }
}
