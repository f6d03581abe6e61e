import CallFlow
import Connectors
import Documents
import Formula
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

    @Test("callers are looked up by the first key that came with the call")
    func search() async throws {
        struct Known: CallerDirectory {
            func caller(for number: String) async -> CallerLookup { .found(.text(number)) }
        }
        let search = CallerSearch(Known(), by: [.header("x-account"), .header("user-to-user"), .number])
        func key(_ headers: [(name: String, value: String)], from: String = "+15550100") async -> String? {
            let inquiry = CallerInquiry(from: from, to: "+2", headers: headers)
            guard case .found(let value) = await search.answer(to: inquiry) else { return nil }
            return value.text(for: .dialog)
        }
        #expect(await key([]) == "+15550100")
        #expect(await key([("x-account", "A 7"), ("user-to-user", "4e37;encoding=hex")]) == "A 7")
        #expect(await key([("user-to-user", "4E37;encoding=hex;purpose=isdn-uui")]) == "N7")
        #expect(await key([("user-to-user", "4e37")]) == "N7")
        #expect(await key([("user-to-user", "\"key 9\";encoding=text")]) == "key 9")
        #expect(await key([], from: "anonymous") == nil)
    }

    @Test("who looks callers up is read, and has to be somebody who can")
    func callers() throws {
        func read(_ callers: String) throws -> ConnectorFile.Reading {
            try ConnectorFileTests.read(
                """
                callers: \(callers)
                connectors:
                  - { name: files, kind: folder, folder: out }
                  - name: crm
                    kind: dataverse
                    url: https://org.crm.dynamics.com/
                    tenant: contoso
                    clientID: 1
                    clientSecret: env:SECRET
                """)
        }
        let good = try read("{ connector: crm, by: [x-account, number], within: 0.8 }")
        #expect(good.diagnostics.map(\.description) == [])
        #expect(good.search?.limit == .milliseconds(800))
        for (text, message) in [
            ("{ connector: files }", "looks nobody up"), ("{ connector: crn }", "is not in this file"),
            ("{ connector: crm, by: [name] }", "is looked up by number"),
        ] {
            #expect(try read(text).diagnostics.contains { $0.message.contains(message) }, "\(text)")
        }
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
