import AgentFiles

/// Menus whose first choice comes late.
struct TimeRules {
    private let inspection: Inspection
    private var graph: DialogGraph { inspection.graph }
    /// Seconds until the first choice that a caller has patience for.
    private static let patience = 20.0

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        guard inspection.isEnglish else { return }
        for (node, entry) in graph.nodes.enumerated() {
            guard let action = entry.action, !action.isDisabled else { continue }
            let message: SpokenMessage
            switch action.kind {
            case "Question": message = SpokenMessage(action.value["prompt"])
            case "SendActivity": message = SpokenMessage(action.value["activity"])
            default: continue
            }
            check(message, node, action)
        }
    }

    private func check(_ message: SpokenMessage, _ node: Int, _ action: ActionOutline) {
        for variant in message.variants {
            let isMenu = action.kind == "Question" && hasSingleKeys(action)
            let announced = KeyAnnouncement.all(in: variant.text).first?.offset
            guard let offset = announced ?? (isMenu ? Int.max : nil) else { continue }
            if announced == nil, QuestionEntity(action, in: inspection.agent)?.isReadOut != true { continue }
            let own = variant.text.seconds(until: offset) { inspection.duration($0) }
            guard let before = secondsBefore(node), own + before > TimeRules.patience else { continue }
            inspection.report(
                "late-choice", variant.value,
                "the first choice comes after about \(Int((own + before).rounded())) seconds; say the choices within \(Int(TimeRules.patience)), the rest behind them"
            )
        }
    }

    private func hasSingleKeys(_ action: ActionOutline) -> Bool {
        guard case .single(let keys) = QuestionEntity(action, in: inspection.agent)?.keys else { return false }
        return !keys.isEmpty
    }

    /// Seconds that are said in front of an action on the longest way since the last input; `nil` when a choice was
    /// announced there already.
    private func secondsBefore(_ node: Int) -> Double? {
        var visited: Set<Int> = [node]
        return longest(to: node, &visited, depth: 0)
    }

    private func longest(to node: Int, _ visited: inout Set<Int>, depth: Int) -> Double? {
        guard depth < 200 else { return 0 }
        var longest = 0.0
        for edge in inspection.incoming[node] where ![.returned, .noInput, .noMatch, .again].contains(edge.kind) {
            guard visited.insert(edge.from).inserted else { continue }
            let action = graph.nodes[edge.from].action
            if action?.kind == "Question" { continue }
            let message = action?.kind == "SendActivity" ? SpokenMessage(action?.value["activity"]) : SpokenMessage(nil)
            if message.variants.contains(where: { !KeyAnnouncement.all(in: $0.text).isEmpty }) { return nil }
            let own = message.variants.map { $0.text.seconds { inspection.duration($0) } }.max() ?? 0
            guard let before = self.longest(to: edge.from, &visited, depth: depth + 1) else { return nil }
            longest = max(longest, own + before)
        }
        return longest
    }
}
