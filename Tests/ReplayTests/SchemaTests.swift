import Foundation
import Replay
import Telephony
import Testing

/// The JSON Schema of the events says what the code writes.
@Suite("Schemas")
struct SchemaTests {
    private struct Branch {
        var properties: Set<String>
        var required: Set<String>
    }

    private func branches() throws -> [String: Branch] {
        let url = repository.appending(path: "Sources/ParleyTool/Schemas/event.schema.json")
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
        let list = try #require(schema["oneOf"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: try list.map { branch in
                let properties = try #require(branch["properties"] as? [String: Any])
                let required = try #require(branch["required"] as? [String])
                return (
                    try #require(branch["title"] as? String),
                    Branch(properties: Set(properties.keys), required: Set(required))
                )
            })
    }

    @Test("it has every event and no other")
    func names() throws { #expect(Set(try branches().keys) == Set(CallEventBody.names)) }

    @Test("every event of the sample calls fits it", arguments: SampleCallTests.folders)
    func events(folder: String) async throws {
        let branches = try branches()
        for event in try await SampleReplays.shared.replayed(folder).result.events {
            let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(event)) as? [String: Any] ?? [:]
            let branch = try #require(branches[event.body.name])
            #expect(branch.required.isSubset(of: object.keys), "\(event.body.name)")
            #expect(Set(object.keys).isSubset(of: branch.properties), "\(event.body.name)")
            #expect(
                try JSONDecoder().decode(CallEvent.self, from: JSONEncoder().encode(event)).body.name == event.body.name
            )
        }
    }
}
