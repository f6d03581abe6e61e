import Logging
import Records

// What becomes of a service's records, for the operator.
extension ServiceRecords {
    /// Sends the outbox, watches the disk and takes over promises until the task is cancelled.
    func keep(_ logger: Logger, _ centre: ContactCentre) async {
        guard let records else { return await watchRecordings(logger) }
        await records.run { notice in
            switch notice {
            case .problem(let problem): logger.error("records wait in memory, and calls go on: \(problem)")
            case .recovered: logger.notice("records are written again; nothing waits")
            case .delivery(let connector, let round):
                logger.warning(
                    "\(connector): \(round.postponed) deliveries postponed, \(round.setAside) set aside: \(round.problem ?? "")"
                )
            case .subscriber(let name, let problem):
                if let problem {
                    logger.warning("\(name) is not told of facts: \(problem); they wait in the store")
                } else {
                    logger.notice("\(name) is told of facts again")
                }
            case .expired(let calls): logger.info("\(calls.count) recordings were removed by the rule of retention")
            case .interrupted(let calls):
                logger.warning("\(calls.count) calls were cut off when the service stopped; they are sealed as failed")
            case .takenOver(let calls):
                logger.warning("another node is gone: \(calls.count) calls of it are sealed as failed")
            case .promisesTaken(let promises): centre.takeOver(promises)
            case .recordingsKept(let calls):
                logger.warning("\(calls.count) recordings were cut off when the service stopped; they are kept")
            }
        }
    }

    private func watchRecordings(_ logger: Logger) async {
        var isTold = false
        while !Task.isCancelled {
            let problem = recordings?.problem
            if let problem, !isTold { logger.error("recordings wait in memory, and calls go on: \(problem)") }
            isTold = problem != nil
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
