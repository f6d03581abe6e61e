import ConnectorDoubles
import Foundation
import Testing

/// Calls to a running service give secrets by keys of every kind and by speech, and everything that the service wrote,
/// sent and said is searched. The same with questions that are not sensitive shows that the search finds.
@Suite("Secrets of live calls", .takesTurns)
struct LiveSecretsTests {
    struct Variation: Sendable, CustomTestStringConvertible {
        var isSensitive: Bool
        /// PostgreSQL and a log in JSON; else SQLite and a log as text.
        var isShared: Bool
        var port: Int

        var name: String { "\(isSensitive ? "secret" : "open")_\(isShared ? "shared" : "file")" }
        var testDescription: String { name }
    }

    static let variations = [
        Variation(isSensitive: true, isShared: false, port: 26_010),
        Variation(isSensitive: true, isShared: true, port: 26_020),
        Variation(isSensitive: false, isShared: false, port: 26_030),
        Variation(isSensitive: false, isShared: true, port: 26_040),
    ]

    @Test("a secret is found nowhere, and what is no secret is found in all places", arguments: variations)
    func search(variation: Variation) async throws {
        guard Bench.has("openssl", package: "openssl"), Bench.has("curl", package: "curl") else { return }
        if variation.isShared, PostgresServer.shared == nil { return }
        let till = try await Till.called(variation)
        try await till.askEverything()
        try await till.stop()
        let places = try till.searched()
        #expect(places.count > 60)
        let found = places.filter { till.secret(in: $0) != nil }
        guard !variation.isSensitive else {
            for place in found {
                Issue.record("\(place.name) has \(till.secret(in: place) ?? "")")
            }
            try await till.expectSilence()
            #expect(till.paid.count == 3 && till.paid.allSatisfy { till.search.find(in: $0) != nil })
            return
        }
        let names = Set(found.map(\.kind))
        for kind in Till.Kind.allCases where kind.holdsWhatIsOpen {
            #expect(names.contains(kind), "nothing was found in \(kind), so nothing would have been")
        }
        try await till.expectTones()
    }
}
