import AgentFiles
import Foundation
import FoundationXML
import Telephony
import Testing

@testable import DialogCheck

/// The drawing of a dialog.
@Suite("Drawing")
struct DrawingTests {
    private func drawing(_ folder: URL, _ contexts: [CallContext]? = nil) -> DialogDrawing {
        let reading = AgentFolder.read(folder.path)
        let outline = AgentOutline(folder: folder.path, sources: reading.sources)
        return DialogDrawing(
            outline, name: folder.lastPathComponent, findings: DialogCheck.findings(outline, reading.diagnostics),
            contexts: contexts)
    }

    @Test(
        "is well-formed, the same every time, and refers to nothing outside", arguments: ["mistakes", "clinic", "bank"])
    func wellFormed(name: String) {
        let folder = Fixtures.folder.appending(path: name)
        let svg = drawing(folder).svg()
        #expect(svg == drawing(folder).svg())
        let parser = XMLParser(data: Data(svg.utf8))
        #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
        #expect(svg.contains("<title") && svg.contains("<desc") && svg.contains("prefers-color-scheme: dark"))
        #expect(!svg.replacing("http://www.w3.org/2000/svg", with: "").contains("href=\"http"))
        #expect(!svg.contains("@import") && !svg.contains("url("))
    }

    @Test("marks dead ends, unsupported parts and what cannot be reached")
    func marks() {
        let svg = drawing(Fixtures.folder.appending(path: "mistakes")).svg()
        for text in ["dead end", "not supported", "unreachable", "hangs up"] { #expect(svg.contains(text), "\(text)") }
    }

    @Test("boxes of a layout do not overlap, and forward arrows point down", arguments: 0..<20)
    func layout(seed: Int) {
        var random = Seeded(UInt64(seed))
        let count = 2 + random.next(20)
        let sizes = (0..<count).map { _ in
            LayeredLayout.Size(width: Double(20 + random.next(200)), height: Double(20 + random.next(60)))
        }
        let edges = (0..<(count * 3 / 2)).map { _ in
            LayeredLayout.Edge(
                from: random.next(count), to: random.next(count),
                label: LayeredLayout.Size(width: Double(random.next(2) * 40), height: 16))
        }
        let layout = LayeredLayout(sizes: sizes, edges: edges, roots: [0])
        for a in sizes.indices {
            for b in (a + 1)..<sizes.count {
                let dx = abs(layout.centres[a].x - layout.centres[b].x)
                let dy = abs(layout.centres[a].y - layout.centres[b].y)
                let apart =
                    dx >= (sizes[a].width + sizes[b].width) / 2 - 0.01
                    || dy >= (sizes[a].height + sizes[b].height) / 2 - 0.01
                #expect(apart, "seed \(seed): boxes \(a) and \(b) overlap")
            }
            #expect(layout.centres[a].x >= sizes[a].width / 2 - 0.01)
            #expect(layout.centres[a].x <= layout.size.width - sizes[a].width / 2 + 0.01)
        }
        for route in layout.routes where !route.isBack {
            let heights = route.points.map(\.y)
            #expect(zip(heights, heights.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test("shares are of calls, follow topics into each other, and tell silence from wrong answers")
    func shares() throws {
        let outline = AgentOutline(
            folder: Fixtures.riverbend.path, sources: AgentFolder.read(Fixtures.riverbend.path).sources)
        let graph = DialogGraph(outline)
        func context(_ call: CallID, _ path: [(topic: String, action: String)]) -> CallContext {
            var context = CallContext(call: call)
            for (topic, action) in path {
                context.record(event(call, .actionStarted(ActionStarted(topic: topic, action: action, kind: ""))))
            }
            return context
        }
        func event(_ call: CallID, _ body: CallEventBody) -> CallEvent {
            CallEvent(at: .milliseconds(1_000), call: call, body: body)
        }
        let menu = [("ConversationStart", "greet"), ("ConversationStart", "toMenu"), ("MainMenu", "chooseService")]
        var first = context("a", menu)
        first.record(
            event(
                "a",
                .input(
                    InputTaken(
                        topic: "MainMenu", action: "chooseService", kind: .none, result: .noInput, value: .open(""),
                        attempt: 1))))
        first.record(event("a", .actionStarted(ActionStarted(topic: "Escalate", action: "sayTransfer", kind: ""))))
        var second = context("b", menu + [("MainMenu", "gone")])
        second.outcome = .abandoned
        let shares = CallShares(graph, [first, second])
        #expect(shares.calls == 2 && shares.unknownSteps == 1)
        func share(_ topic: String, _ action: String, _ kind: DialogGraph.Edge.Kind) throws -> Double {
            let index = try #require(outline.topicIndex(named: topic))
            let node = try #require(graph.node(of: action, topic: index))
            let edge = try #require(graph.edges.firstIndex { $0.from == node && $0.kind == kind })
            return shares.share(shares.edges[edge])
        }
        #expect(try share("ConversationStart", "greet", .next) == 1)
        #expect(try share("ConversationStart", "toMenu", .call) == 1)
        #expect(try share("MainMenu", "chooseService", .noInput) == 0.5)
        #expect(try share("MainMenu", "chooseService", .noMatch) == 0)
        #expect(shares.abandoned.reduce(0, +) == 1)
        let svg = drawing(Fixtures.riverbend, [first, second]).svg()
        #expect(svg.contains("shares of 2 calls") && svg.contains("100 %") && svg.contains("50 % hang up"))
    }
}

/// A small generator for tests: the same numbers for the same seed.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1 }

    mutating func next(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(max(1, bound)))
    }
}
