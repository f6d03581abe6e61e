import Foundation
package import Telephony

/// One line of what must happen on a test call.
package struct ExpectedEvent: Sendable {
    /// What an event's field must be.
    package enum Condition: Sendable, Equatable {
        case equals(Scalar)
        case contains(String)
        case between(Double?, Double?)
    }

    /// A field's value.
    package enum Scalar: Sendable, Equatable {
        case text(String)
        case number(Double)
        case boolean(Bool)
    }

    /// The event's name.
    package var event: String
    /// Conditions on its fields, by name, in the order of the document.
    package var fields: [(name: String, condition: Condition)]
    /// At most so long after the expectation before, or after the beginning of the call.
    package var within: Interval?
    /// It must not happen between the expectation before and the one after, or the end.
    package var isAbsent: Bool
    /// Where it stands in `call.yaml`.
    package var line: Int

    package init(
        event: String, fields: [(name: String, condition: Condition)], within: Interval?, isAbsent: Bool, line: Int
    ) {
        self.event = event
        self.fields = fields
        self.within = within
        self.isAbsent = isAbsent
        self.line = line
    }
}

/// The first difference between what happened and what was expected.
package struct ExpectationFailure: Sendable, Equatable, CustomStringConvertible {
    /// The line in `call.yaml`.
    package var line: Int
    package var description: String
}

extension ExpectedEvent {
    /// Compares a call's events with what was expected, in order.
    ///
    /// Each expectation is met by the first event after the one that met the expectation before. Returns the first that
    /// is not met, `nil` when all are.
    package static func firstFailure(
        of expectations: [ExpectedEvent], in events: [CallEvent]
    ) throws -> ExpectationFailure? {
        let happened = try events.map { HappenedEvent(at: $0.at, fields: try $0.scalarFields()) }
        var position = 0
        var origin = Interval.zero
        var forbidden: [ExpectedEvent] = []
        for expectation in expectations {
            if expectation.isAbsent {
                forbidden.append(expectation)
                continue
            }
            guard let index = happened[position...].firstIndex(where: expectation.isMet) else {
                return ExpectationFailure(
                    line: expectation.line, description: expectation.explainMissing(happened[position...]))
            }
            if let failure = firstForbidden(forbidden, in: happened[position..<index]) { return failure }
            let delay = happened[index].at - origin
            if let within = expectation.within, delay > within {
                return ExpectationFailure(
                    line: expectation.line,
                    description: "\(expectation) came \(delay.milliseconds) ms after the expectation before it, "
                        + "\(within.milliseconds) ms were allowed")
            }
            forbidden = []
            position = index + 1
            origin = happened[index].at
        }
        return firstForbidden(forbidden, in: happened[position...])
    }

    private static func firstForbidden(
        _ forbidden: [ExpectedEvent], in events: ArraySlice<HappenedEvent>
    ) -> ExpectationFailure? {
        for expectation in forbidden {
            guard let event = events.first(where: expectation.isMet) else { continue }
            return ExpectationFailure(
                line: expectation.line,
                description: "\(expectation) must not happen here, but did at \(event.at.shown)")
        }
        return nil
    }

    private func isMet(by event: HappenedEvent) -> Bool {
        event.fields["event"] == .text(self.event)
            && fields.allSatisfy { $0.condition.isMet(by: event.fields[$0.name]) }
    }

    private func explainMissing(_ rest: ArraySlice<HappenedEvent>) -> String {
        guard let nearest = rest.first(where: { $0.fields["event"] == .text(event) }) else {
            return "\(self) never came; no \(event) came at all after the expectation before it"
        }
        let differences = fields.compactMap { field -> String? in
            let found = nearest.fields[field.name]
            guard !field.condition.isMet(by: found) else { return nil }
            return "\(field.name) is \(found.map { "\($0)" } ?? "not there")"
        }
        return "\(self) never came; the next \(event), at \(nearest.at.shown), differs: "
            + differences.joined(separator: ", ")
    }
}

extension ExpectedEvent: CustomStringConvertible {
    package var description: String {
        ([event] + fields.map { "\($0.name) \($0.condition)" }).joined(separator: ", ")
    }
}

extension ExpectedEvent.Condition: CustomStringConvertible {
    func isMet(by value: ExpectedEvent.Scalar?) -> Bool {
        switch (self, value) {
        case (.equals(let expected), .some(let value)): expected == value
        case (.contains(let part), .some(.text(let text))): text.localizedCaseInsensitiveContains(part)
        case (.between(let low, let high), .some(.number(let number))):
            (low.map { number >= $0 } ?? true) && (high.map { number <= $0 } ?? true)
        default: false
        }
    }

    package var description: String {
        switch self {
        case .equals(let value): "= \(value)"
        case .contains(let part): "containing \"\(part)\""
        case .between(let low?, let high?): "from \(low) to \(high)"
        case .between(let low?, nil): "at least \(low)"
        case .between(nil, let high?): "at most \(high)"
        case .between(nil, nil): "a number"
        }
    }
}

extension ExpectedEvent.Scalar: CustomStringConvertible {
    package var description: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .number(let number): number == number.rounded() ? String(Int64(number)) : String(number)
        case .boolean(let value): String(value)
        }
    }
}

/// An event as its JSON has it.
private struct HappenedEvent {
    var at: Interval
    var fields: [String: ExpectedEvent.Scalar]
}

extension Interval {
    fileprivate var shown: String { String(format: "%.3f s", inSeconds) }
}

extension CallEvent {
    /// The scalar fields of the event's JSON object; those of nested objects by path, as in `variables.Global.Name`.
    fileprivate func scalarFields() throws -> [String: ExpectedEvent.Scalar] {
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self))
        var fields: [String: ExpectedEvent.Scalar] = [:]
        collect(object, path: "", into: &fields)
        return fields
    }

    private func collect(_ value: Any, path: String, into fields: inout [String: ExpectedEvent.Scalar]) {
        switch value {
        case let object as [String: Any]:
            for (name, member) in object {
                collect(member, path: path.isEmpty ? name : "\(path).\(name)", into: &fields)
            }
        case let text as String: fields[path] = .text(text)
        case let number as NSNumber:
            fields[path] = isBoolean(number) ? .boolean(number.boolValue) : .number(number.doubleValue)
        default: break
        }
    }
}

/// `JSONSerialization` gives numbers and booleans as one class; their Objective-C type tells them apart.
private func isBoolean(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
