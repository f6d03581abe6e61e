/// Makes the matcher's program from a tree.
struct PatternCompiler {
    var program: [Pattern.Instruction] = []
    private(set) var slotCount: Int
    private static let longest = 20_000

    init(slotCount: Int) { self.slotCount = slotCount }

    mutating func add(_ node: PatternNode) throws(Pattern.Mistake) {
        guard program.count < PatternCompiler.longest else {
            throw Pattern.Mistake(message: "the regular expression repeats too much; use smaller numbers")
        }
        switch node {
        case .scalar(let scalar): program.append(.scalar(scalar))
        case .set(let set): program.append(.set(set))
        case .any: program.append(.any)
        case .lineStart: program.append(.lineStart)
        case .lineEnd: program.append(.lineEnd)
        case .wordBoundary(let isOne): program.append(.wordBoundary(isOne: isOne))
        case .backreference(let group): program.append(.backreference(group))
        case .sequence(let items): for item in items { try add(item) }
        case .choice(let branches): try add(branches)
        case .group(let index, let inner):
            if let index { program.append(.save(2 + index * 2)) }
            try add(inner)
            if let index { program.append(.save(3 + index * 2)) }
        case .look(let inner, let isAhead, let isNegative):
            let start = program.count
            program.append(.match)
            try add(inner)
            program.append(.match)
            program[start] = .look(end: program.count, isAhead: isAhead, isNegative: isNegative)
        case .repetition(let inner, let minimum, let maximum, let isLazy):
            for _ in 0..<minimum { try add(inner) }
            if let maximum {
                try addOptional(inner, times: maximum - minimum, isLazy)
            } else {
                try addLoop(inner, isLazy)
            }
        }
    }

    private mutating func add(_ branches: [PatternNode]) throws(Pattern.Mistake) {
        var jumps: [Int] = []
        for (index, branch) in branches.enumerated() {
            guard index < branches.count - 1 else {
                try add(branch)
                break
            }
            let split = program.count
            program.append(.match)
            try add(branch)
            jumps.append(program.count)
            program.append(.match)
            program[split] = .split(split + 1, program.count)
        }
        for jump in jumps { program[jump] = .jump(program.count) }
    }

    private mutating func addOptional(_ node: PatternNode, times: Int, _ isLazy: Bool) throws(Pattern.Mistake) {
        var splits: [Int] = []
        for _ in 0..<max(0, times) {
            splits.append(program.count)
            program.append(.match)
            try add(node)
        }
        for split in splits {
            program[split] = isLazy ? .split(program.count, split + 1) : .split(split + 1, program.count)
        }
    }

    private mutating func addLoop(_ node: PatternNode, _ isLazy: Bool) throws(Pattern.Mistake) {
        let slot = slotCount
        slotCount += 1
        let split = program.count
        program.append(.match)
        program.append(.save(slot))
        try add(node)
        program.append(.progress(slot))
        program.append(.jump(split))
        program[split] = isLazy ? .split(program.count, split + 1) : .split(split + 1, program.count)
    }
}

/// Finds a regular expression in text by trying, and counts every step it takes.
struct PatternMatcher {
    /// What became of a search.
    enum Outcome {
        /// The beginning and end of the match and of each group, in scalars; -1 for a group that took no part.
        case found([Int])
        case none
        case exhausted
    }

    private enum Entry {
        case branch(program: Int, position: Int)
        case restore(slot: Int, value: Int)
    }

    private let pattern: Pattern
    private let text: [Unicode.Scalar]
    private(set) var stepsLeft: Int
    private var slots: [Int]
    private var nesting = 0

    init(_ pattern: Pattern, _ text: [Unicode.Scalar], steps: Int) {
        self.pattern = pattern
        self.text = text
        stepsLeft = steps
        slots = Array(repeating: -1, count: pattern.slotCount)
    }

    /// The first match that begins at a place or later.
    mutating func find(from start: Int) -> Outcome {
        guard start <= text.count else { return .none }
        for position in start...text.count {
            for index in slots.indices { slots[index] = -1 }
            stepsLeft -= slots.count / 16
            switch run(from: 0, at: position, end: nil) {
            case .some(let end):
                if end < 0 { return .exhausted }
                slots[0] = position
                slots[1] = end
                return .found(Array(slots.prefix(2 + pattern.groups.count * 2)))
            case .none: continue
            }
        }
        return .none
    }

    /// Runs the program; where it matched up to, -1 when the steps are used up, `nil` when it does not match.
    private mutating func run(from start: Int, at begin: Int, end: Int?) -> Int? {
        var stack: [Entry] = []
        var counter = start
        var position = begin
        while true {
            stepsLeft -= 1
            guard stepsLeft > 0, stack.count < 1_000_000 else { return -1 }
            var isAlive = true
            switch pattern.program[counter] {
            case .match:
                if end == nil || end == position { return position }
                isAlive = false
            case .split(let first, let second):
                stack.append(.branch(program: second, position: position))
                counter = first
                continue
            case .jump(let target):
                counter = target
                continue
            case .save(let slot):
                stack.append(.restore(slot: slot, value: slots[slot]))
                slots[slot] = position
            case .progress(let slot): isAlive = slots[slot] != position
            case .look(let after, let isAhead, let isNegative):
                guard let holds = look(counter + 1, position, isAhead) else { return -1 }
                isAlive = holds != isNegative
                if isAlive {
                    counter = after
                    continue
                }
            case let step:
                if let length = length(of: step, at: position) {
                    position += length
                } else {
                    isAlive = false
                }
            }
            if isAlive {
                counter += 1
            } else {
                guard let branch = backtrack(&stack) else { return nil }
                (counter, position) = branch
            }
        }
    }

    private mutating func backtrack(_ stack: inout [Entry]) -> (Int, Int)? {
        while let entry = stack.popLast() {
            switch entry {
            case .branch(let program, let position): return (program, position)
            case .restore(let slot, let value): slots[slot] = value
            }
        }
        return nil
    }

    /// Whether a part matches ahead of a place or up to it; `nil` when the steps are used up.
    private mutating func look(_ program: Int, _ position: Int, _ isAhead: Bool) -> Bool? {
        guard nesting < 50 else { return nil }
        nesting += 1
        defer { nesting -= 1 }
        if isAhead { return run(from: program, at: position, end: nil).map { $0 >= 0 ? true : nil } ?? false }
        for start in stride(from: position, through: 0, by: -1) {
            guard let end = run(from: program, at: start, end: position) else { continue }
            return end >= 0 ? true : nil
        }
        return false
    }

    /// How many scalars a step takes up; `nil` when it does not match here.
    private func length(of step: Pattern.Instruction, at position: Int) -> Int? {
        let ignoresCase = pattern.options.ignoresCase
        let here = position < text.count ? text[position] : nil
        switch step {
        case .scalar(let scalar):
            guard let here else { return nil }
            return here == scalar || ignoresCase && ScalarSet.small(here) == ScalarSet.small(scalar) ? 1 : nil
        case .set(let set): return here.map { set.contains($0, ignoresCase: ignoresCase) } == true ? 1 : nil
        case .any: return here.map { pattern.options.dotMatchesAll || !isLineEnd($0) } == true ? 1 : nil
        case .lineStart:
            if position == 0 { return 0 }
            return pattern.options.isMultiline && isLineEnd(text[position - 1]) ? 0 : nil
        case .lineEnd:
            if position == text.count { return 0 }
            return pattern.options.isMultiline && here.map(isLineEnd) == true ? 0 : nil
        case .wordBoundary(let isOne):
            let before = position > 0 && ScalarSet.isWord(text[position - 1])
            let after = here.map(ScalarSet.isWord) ?? false
            return (before != after) == isOne ? 0 : nil
        case .backreference(let group):
            let (start, end) = (slots[2 + group * 2], slots[3 + group * 2])
            guard start >= 0, end >= start, position + end - start <= text.count else { return nil }
            for offset in 0..<(end - start) {
                let (a, b) = (text[start + offset], text[position + offset])
                guard a == b || ignoresCase && ScalarSet.small(a) == ScalarSet.small(b) else { return nil }
            }
            return end - start
        default: return nil
        }
    }

    private func isLineEnd(_ scalar: Unicode.Scalar) -> Bool { scalar == "\n" || scalar == "\r" }
}
