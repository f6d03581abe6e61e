package import Telephony

extension ServiceReport {
    /// Folds calls into a report, one after another, so that nothing but figures stays in memory.
    package struct Builder {
        private var report = ServiceReport()
        private var actions: [String: Action] = [:]
        private var days: [String: Day] = [:]
        private var transfers: [String: Int] = [:]

        package init(since: WallTime? = nil, until: WallTime? = nil) {
            report.since = since
            report.until = until
        }

        package mutating func add(_ record: CallRecord) {
            let context = record.context
            report.calls += 1
            var day = days[String(context.startedAt.description.prefix(10))] ?? Day(day: "")
            day.day = String(context.startedAt.description.prefix(10))
            day.calls += 1
            if context.answeredAt != nil {
                report.answered += 1
                addOutcome(context, &day)
                addActions(context)
                addFigures(record)
            }
            days[day.day] = day
        }

        package func finish() -> ServiceReport {
            var report = report
            report.actions = actions.values.sorted {
                ($1.droppedOff, $1.reached, $0.topic, $0.action) < ($0.droppedOff, $0.reached, $1.topic, $1.action)
            }
            report.days = days.values.sorted { $0.day < $1.day }
            report.transfers = transfers.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { Count(name: $0.key, count: $0.value) }
            report.handleTime.sort()
            report.wait.sort()
            report.responseLatency.sort()
            report.requestLatency.sort()
            report.mos.sort()
            report.loss.sort()
            report.jitter.sort()
            return report
        }

        private mutating func addOutcome(_ context: CallContext, _ day: inout Day) {
            switch context.outcome {
            case .resolvedConfirmed, .resolvedImplied:
                report.contained += 1
                day.contained += 1
            case .escalated:
                report.escalated += 1
                day.escalated += 1
            case .abandoned:
                report.abandoned += 1
                day.abandoned += 1
            case .failed:
                report.failed += 1
                day.failed += 1
            case nil: break
            }
        }

        private mutating func addActions(_ context: CallContext) {
            var seen: Set<String> = []
            for step in context.path where seen.insert(step.topic + "\u{0}" + step.action).inserted {
                let key = step.topic + "\u{0}" + step.action
                actions[key, default: Action(topic: step.topic, action: step.action, kind: step.kind)].reached += 1
            }
            for input in context.inputs {
                let key = input.topic + "\u{0}" + input.action
                actions[key]?.inputs += 1
                if input.result == .noInput { actions[key]?.noInput += 1 }
                if input.result == .noMatch || input.result == .invalid { actions[key]?.noMatch += 1 }
            }
            if context.outcome == .abandoned, let last = context.path.last {
                actions[last.topic + "\u{0}" + last.action]?.droppedOff += 1
            }
        }

        private mutating func addFigures(_ record: CallRecord) {
            let context = record.context
            report.handleTime.add(context.duration)
            if let transfer = context.transfer {
                transfers[transfer.outcome?.rawValue ?? "callEnded", default: 0] += 1
            }
            for request in context.requests {
                report.requestLatency.add(request.seconds)
                if request.failure != nil || (request.status ?? 200) >= 400 { report.failedRequests += 1 }
            }
            if let media = context.media {
                report.mos.add(media.mos)
                report.jitter.add(media.jitter)
                let expected = media.received + media.lost
                report.loss.add(expected == 0 ? nil : Double(media.lost) / Double(expected))
            }
            addLatencies(record.events)
        }

        /// How long the caller waited for what came next, from the facts.
        private mutating func addLatencies(_ events: [CallEvent]) {
            var askedAt: Double?
            var transferAt: Double?
            for event in events {
                switch event.body {
                case .digit(let body): askedAt = body.start
                case .recognized(let body): askedAt = body.end
                case .promptStarted:
                    if let start = askedAt { report.responseLatency.add(max(0, event.at.roundedSeconds - start)) }
                    askedAt = nil
                case .timerExpired: askedAt = nil
                case .transferRequested: transferAt = event.at.roundedSeconds
                case .transferEnded:
                    if let start = transferAt { report.wait.add(event.at.roundedSeconds - start) }
                    transferAt = nil
                default: break
                }
            }
        }
    }
}
