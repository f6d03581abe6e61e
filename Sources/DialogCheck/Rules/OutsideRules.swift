import AgentFiles
import CallFlow

/// Requests whose failure nobody handles, transfers without context, headers that are not carried.
struct OutsideRules {
    private let inspection: Inspection

    init(_ inspection: Inspection) { self.inspection = inspection }

    func run() {
        for (topic, action) in inspection.actions {
            switch action.kind {
            case "HttpRequestAction":
                checkURL(action)
                checkFailure(action, topic)
            case "TransferConversation":
                checkContext(action, action.value)
                checkNumber(action.value["telephoneNumber"])
            case "TransferConversationV2":
                guard let type = action.value["transferType"] else { continue }
                checkContext(action, type)
                checkHeaders(type)
                checkNumber(type["phoneNumber"])
            default: break
            }
        }
    }

    // MARK: - HTTP

    private func checkURL(_ action: ActionOutline) {
        guard let url = action.value["url"], let text = url.string, !text.hasPrefix("="), !text.hasPrefix("{") else {
            return
        }
        if ["https://", "http://"].contains(where: { text.lowercased().hasPrefix($0) }) { return }
        inspection.report("http-url", url, "'\(text.prefix(40))' is no URL; begin it with https://")
    }

    private func checkFailure(_ action: ActionOutline, _ topic: Int) {
        guard let handling = action.value["errorHandling"] else {
            return inspection.report(
                "http-failure", action.value,
                "a failure of \(action.id) ends the topic; write errorHandling: ContinueOnErrorBehavior with a statusCode, or RaiseErrorBehavior when a topic with OnError is meant to take it"
            )
        }
        guard handling["kind"]?.string == "ContinueOnErrorBehavior" else { return }
        let names = [handling["statusCode"], handling["errorResponseBody"], action.value["response"]]
        let variables = Set(names.compactMap { $0?.string.flatMap { VariablePath($0) } })
        let tested = conditions(topic).flatMap(\.references).compactMap { reference in
            VariablePath(reference.path.prefix(2).joined(separator: "."))
        }
        if tested.contains(where: variables.contains) { return }
        inspection.report(
            "http-failure", action.value.place(of: "errorHandling"), in: action.value.text.file,
            "after a failure \(action.id) goes on as after a success: no condition looks at its status or response; test one"
        )
    }

    /// What a topic decides by: conditions, and formulas that decide within themselves.
    private func conditions(_ topic: Int) -> [FormulaSite] {
        FormulaSite.all(in: inspection.agent.topics[topic].root).filter { site in
            if ["condition", "validation"].contains(site.path.last) { return true }
            return site.formulas.contains { formula in
                let text = formula.lowercased()
                return ["if(", "switch(", "iferror(", "isblank(", "coalesce(", "iserror("].contains {
                    text.contains($0)
                }
            }
        }
    }

    // MARK: - Transfers

    private func checkContext(_ action: ActionOutline, _ type: SourceValue) {
        if type["kind"]?.string == "TransferToPhoneNumber" {
            if type["sipUuiHeader"] != nil || !(type["sipxHeaders"]?.members ?? []).isEmpty { return }
            return inspection.report(
                "transfer-without-context", action.value,
                "\(action.id) hands the caller over without a word about the call; write sipUuiHeader or sipxHeaders")
        }
        if type["context"] != nil { return }
        inspection.report(
            "transfer-without-context", action.value,
            "\(action.id) hands the caller over without context; write context: AutomaticTransferContext, or ExpressionTransferContext with what the agent must know"
        )
    }

    /// A telephone number in international or local form, or a SIP or tel URI.
    private func checkNumber(_ number: SourceValue?) {
        guard let number, let text = number.string, !text.hasPrefix("="), !text.contains("{") else { return }
        if ["sip:", "sips:", "tel:"].contains(where: { text.lowercased().hasPrefix($0) }) { return }
        let digits = text.filter(\.isNumber).count
        if digits >= 2, text.allSatisfy({ $0.isNumber || "+-(). *#".contains($0) }) { return }
        inspection.report(
            "phone-number", number,
            "'\(text.prefix(40))' is no telephone number; write it as +15550123 or sip:name@host")
    }

    private func checkHeaders(_ type: SourceValue) {
        let headers = type["sipxHeaders"]?.members ?? []
        for (index, header) in headers.enumerated() {
            let problem: String? =
                index == 5
                ? "a call carries five headers; join or remove some"
                : header.name.count > 64
                    ? "the name is longer than 64 characters; shorten it"
                    : !header.name.hasPrefix("x-")
                        ? "the header \(header.name) is not carried; begin its name with x- in lower case"
                        : (header.value.string ?? "").count > 256 && !(header.value.string ?? "").hasPrefix("=")
                            ? "the value is longer than 256 characters; shorten it" : nil
            if let problem { inspection.report("sip-header", header.place, in: type.text.file, problem) }
        }
    }
}
