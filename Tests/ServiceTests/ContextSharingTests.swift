import Admin
import CallControl
import CallFlow
import Foundation
import Service
import Telephony
import Testing

/// What is told to whoever is called for a caller.
@Suite("Context sharing")
struct ContextSharingTests {
    private static func sharing(
        pool: [String] = [], links: String? = "https://parley.example.com:8443", key: String? = nil
    ) throws -> ContextSharing {
        try ContextSharing(admin(links, key), numbers(pool))
    }

    private static func numbers(_ pool: [String]) -> PoolConfiguration {
        var configuration = PoolConfiguration()
        configuration.numbers = pool
        return configuration
    }

    private static func admin(_ links: String?, _ key: String?) -> AdminServer.Configuration {
        var admin = AdminServer.Configuration()
        admin.api = AdminServer.Endpoint("127.0.0.1:8443")
        admin.links = links
        admin.linksKey = key
        return admin
    }

    /// A file with a secret in it.
    private static func secret(_ text: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)").path
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return file
    }

    /// Whether a service admits a link that another made.
    private static func admits(_ service: ContextSharing, _ plan: DialPlan?) throws -> Bool {
        let value = try #require(plan?.headers.first { $0.name == "X-Parley-Context" }?.value)
        let items = try #require(URLComponents(string: value)?.queryItems)
        let expires = items.first { $0.name == "expires" }?.value
        let signature = try #require(items.first { $0.name == "signature" }?.value)
        return service.links.admits("call", expires, signature, at: WallTime(millisecondsSince1970: 0))
    }

    @Test("Links hold on every node that has the key, and after a change of the key as long as they were made for")
    func linkKey() throws {
        let file = try ContextSharingTests.secret("0123456789abcdef0123456789abcdef")
        defer { try? FileManager.default.removeItem(atPath: file) }
        let one = try ContextSharingTests.sharing(key: "file:" + file)
        let other = try ContextSharingTests.sharing(key: "file:" + file)
        let stranger = try ContextSharingTests.sharing()
        let link = one.prepare(DialPlan(.agent, target: "+1"), for: "call")
        #expect(try ContextSharingTests.admits(other, link))
        #expect(try ContextSharingTests.admits(stranger, link) == false)
        try "fedcba9876543210fedcba9876543210".write(toFile: file, atomically: false, encoding: .utf8)
        try other.reread(ContextSharingTests.admin("https://a.example", "file:" + file), PoolConfiguration())()
        let newer = other.prepare(DialPlan(.agent, target: "+1"), for: "call")
        #expect(try ContextSharingTests.admits(other, link))
        #expect(try ContextSharingTests.admits(other, newer))
        #expect(try ContextSharingTests.admits(one, newer) == false)
        try "short".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(throws: (any Error).self) {
            _ = try other.reread(ContextSharingTests.admin("https://a.example", "file:" + file), PoolConfiguration())
        }
        #expect(try ContextSharingTests.admits(other, newer))
    }

    @Test("A reload brings other numbers: what is leased runs on, and a number that is gone is not leased again")
    func poolChanges() throws {
        let sharing = try ContextSharingTests.sharing(pool: ["+15550700", "+15550701"])
        let plan = DialPlan(.outsideNumber, target: "pool")
        #expect(sharing.prepare(plan, for: "a")?.target == "+15550700")
        try sharing.reread(
            ContextSharingTests.admin(nil, nil), ContextSharingTests.numbers(["+15550701", "+15550702"]))()
        #expect(sharing.leaseholder(of: "+15550700") == "a")
        #expect(sharing.prepare(plan, for: "b")?.target == "+15550701")
        #expect(sharing.prepare(plan, for: "c")?.target == "+15550702")
        sharing.ended("a")
        #expect(sharing.prepare(plan, for: "d") == nil)
        #expect(sharing.lookUpLimit != nil)
        try sharing.reread(ContextSharingTests.admin(nil, nil), PoolConfiguration())()
        #expect(sharing.lookUpLimit == nil)
        #expect(sharing.leaseholder(of: "+15550701") == "b")
    }

    @Test("An agent's INVITE has a link that the interface admits for a while, of at most 256 characters")
    func link() throws {
        let sharing = try ContextSharingTests.sharing()
        let call = CallID("0123456789abcdef")
        let plan = try #require(sharing.prepare(DialPlan(.agent, target: "+15550123"), for: call))
        let value = try #require(plan.headers.first { $0.name == "X-Parley-Context" }?.value)
        #expect(value.hasPrefix("https://parley.example.com:8443/v1/contexts/0123456789abcdef?") && value.count <= 256)
        let items = try #require(URLComponents(string: value)?.queryItems)
        let expires = items.first { $0.name == "expires" }?.value
        let signature = try #require(items.first { $0.name == "signature" }?.value)
        let now = try #require(expires.flatMap { Int64($0) }.map { WallTime(millisecondsSince1970: $0 - 1_000) })
        #expect(sharing.links.admits(call, expires, signature, at: now))
        #expect(!sharing.links.admits(call, expires, signature, at: now + .seconds(1)))
        #expect(!sharing.links.admits("another", expires, signature, at: now))
    }

    @Test("No link goes to others than agents and experts, beyond five fields, or where none are configured")
    func noLink() throws {
        let sharing = try ContextSharingTests.sharing()
        #expect(sharing.prepare(DialPlan(.outsideNumber, target: "+1"), for: "a")?.headers.isEmpty == true)
        #expect(sharing.prepare(DialPlan(.supervisor, target: "+1"), for: "a")?.headers.isEmpty == true)
        var full = DialPlan(.agent, target: "+1")
        full.headers = (1...5).map { ("X-\($0)", "v") }
        #expect(sharing.prepare(full, for: "a")?.headers.count == 5)
        let none = try ContextSharingTests.sharing(links: nil)
        #expect(none.prepare(DialPlan(.agent, target: "+1"), for: "a")?.headers.isEmpty == true)
    }

    @Test("A number of the pool is leased a transfer, names its call, and is given back when that is over")
    func pool() throws {
        let sharing = try ContextSharingTests.sharing(pool: ["+15550700", "+15550701"])
        let plan = DialPlan(.outsideNumber, target: "pool")
        #expect(sharing.prepare(plan, for: "a")?.target == "+15550700")
        #expect(sharing.prepare(plan, for: "b")?.target == "+15550701")
        #expect(sharing.prepare(plan, for: "c") == nil)
        #expect(sharing.leaseholder(of: "+15550700") == "a" && sharing.leaseholder(of: "15550701") == "b")
        sharing.ended("a")
        #expect(sharing.leaseholder(of: "+15550700") == nil)
        // It rests, so that a call that comes late finds nothing.
        #expect(sharing.prepare(plan, for: "c") == nil)
    }

    @Test("A call to a leased number finds what is known of the call that it was leased for, without its secrets")
    func caller() throws {
        let sharing = try ContextSharingTests.sharing(pool: ["+15550700"])
        var context = CallContext(call: "a")
        context.from = "+15550100"
        context.variables["Topic.Reading"] = .open("1234")
        context.variables["Topic.Pin"] = DisclosableText("4711", isSensitive: true)
        sharing.handed.set(context)
        #expect(sharing.caller(called: "+15550700") == nil)
        _ = sharing.prepare(DialPlan(.agent, target: "pool"), for: "a")
        guard case .found(let value)? = sharing.caller(called: "+15550700") else {
            Issue.record("nobody was found")
            return
        }
        let text = "\(value)"
        #expect(text.contains("+15550100") && text.contains("1234") && !text.contains("4711"))
        let without = try ContextSharingTests.sharing()
        #expect(sharing.lookUpLimit != nil && without.lookUpLimit == nil)
    }
}
