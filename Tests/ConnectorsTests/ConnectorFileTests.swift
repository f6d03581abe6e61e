import Connectors
import Documents
import Foundation
import Records
import Telephony
import Testing

@Suite("File of connectors")
struct ConnectorFileTests {
    private static func read(_ text: String, readsSecrets: Bool = false) throws -> ConnectorFile.Reading {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(filePath: folder("c.yaml")))
        return ConnectorFile.read(folder("c.yaml"), readsSecrets: readsSecrets)
    }

    @Test("every kind is read")
    func reads() throws {
        let reading = try ConnectorFileTests.read(
            """
            connectors:
              - name: crm
                kind: dataverse
                url: https://org.crm.dynamics.com/
                tenant: contoso
                clientID: 1
                clientSecret: env:SECRET
                caller: account
                incident: =Context.outcome = "failed"
                fields:
                  description: =Context.transcript
                  category: phone
              - name: hook
                kind: webhook
                url: http://127.0.0.1:8080/calls
                format: json
                moments: [ended, began]
                fields: { reason: =Global.Reason }
              - name: files
                kind: folder
                folder: out
            """)
        #expect(reading.diagnostics.map(\.description) == [])
        #expect(reading.destinations.map(\.name) == ["crm", "hook", "files"])
        #expect(reading.destinations[1].moments == [.began, .ended])
        #expect(reading.directory != nil)
    }

    @Test("every mistake is named with its line, all at once")
    func mistakes() throws {
        let reading = try ConnectorFileTests.read(
            """
            connectors:
              - name: a
                kind: webhook
                url: http://crm.example.com/calls
                secret: hunter2
                fields:
                  x: =Context.nothing
                  y: =Nope(1)
                  z: =1 +
              - name: a
                kind: pigeon
              - name: b
                kind: folder
                folder: out
                colour: red
            """)
        let text = reading.diagnostics.map(\.description).joined(separator: "\n")
        for part in [
            ":4:", "https://", ":5:", "never holds it", "the context has no nothing", "no function Nope",
            ":9:", "two connectors named 'a'", "kind", "no 'colour'",
        ] {
            #expect(text.contains(part), "\(part) in:\n\(text)")
        }
        #expect(!text.contains("hunter2"))
        #expect(reading.destinations.isEmpty)
    }

    @Test("a secret that is not there is a mistake only where it is needed")
    func secrets() throws {
        let text = """
            connectors:
              - name: a
                kind: webhook
                url: https://crm.example.com
                secret: env:PARLEY_NO_SUCH_SECRET
            """
        #expect(try ConnectorFileTests.read(text).destinations.count == 1)
        #expect(try ConnectorFileTests.read(text, readsSecrets: true).destinations.isEmpty)
    }
}
