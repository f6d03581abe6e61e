import Formula
import Telephony

// The system's variables, as far as a call has them.

extension Session {
    /// A variable of the system, or a member of one; `nil` when there is none of that name.
    func systemValue(_ path: ArraySlice<String>) -> Value? {
        var name = path
        var members: [String] = []
        while !name.isEmpty {
            if let value = systemVariable(name.joined(separator: ".")) { return member(value, members) }
            if let last = name.popLast() { members.insert(last, at: 0) }
        }
        return nil
    }

    private func member(_ value: Value, _ members: [String]) -> Value? {
        var value = value
        for name in members {
            if value.isBlank { return .blank }
            guard let inner = value.member(name) else { return nil }
            value = inner
        }
        return value
    }

    private func systemVariable(_ name: String) -> Value? {
        let parts = name.split(separator: ".").map(String.init)
        switch parts.first {
        case "Activity", "LastMessage": return activity(parts)
        case "Conversation": return conversation(parts)
        case "Recognizer": return recognizer(parts)
        default: break
        }
        return switch name {
        case "Bot.Name", "Bot.SchemaName", "Bot.Id": .text(agent.name)
        case "Bot.EnvironmentId", "Bot.TenantId": .blank
        case "User.Language", "User.PreferredLanguage": .text(agent.settings.language)
        case "User.Id", "User.DisplayName", "User.PhoneNumber": .text(call.from)
        case "User.FirstName", "User.LastName", "User.Email", "User.PrincipalName", "User.AccessToken": .blank
        case "User.IsLoggedIn": .boolean(false)
        case "Error.Message": .text(lastError?.message ?? "")
        case "Error.Code": .text(lastError?.code ?? "")
        case "FallbackCount": .number(Double(fallbackCount))
        case "SignInReason": .text("SignInRequired")
        default: nil
        }
    }

    private func activity(_ parts: [String]) -> Value? {
        switch parts.dropFirst().joined(separator: ".") {
        case "From.Name", "From.Id": parts[0] == "Activity" ? .text(call.from) : nil
        case "Recipient.Name", "Recipient.Id": parts[0] == "Activity" ? .text(call.to) : nil
        case "Text": lastWords
        case "Id": .text("\(call.id.rawValue)-\(clockRate.interval(ticks: position.ticks).milliseconds)")
        case "ChannelId", "Channel": parts[0] == "Activity" ? .text("telephony") : nil
        case "Type", "TypeId": parts[0] == "Activity" ? .text("message") : nil
        case "Name": parts[0] == "Activity" ? .text("") : nil
        case "Locale": parts[0] == "Activity" ? .text(agent.settings.language) : nil
        case "Value", "ChannelData", "Attachments": parts[0] == "Activity" ? .blank : nil
        default: nil
        }
    }

    private func conversation(_ parts: [String]) -> Value? {
        switch parts.dropFirst().joined(separator: ".") {
        case "Id": .text(call.id.rawValue)
        case "SipUuiHeaderValue": header("user-to-user")
        case "SipXHeader", "SipXHeaders":
            .record(call.headers.filter { $0.name.hasPrefix("x-") }.map { Value.Field($0.name, .text($0.value)) })
        case "LocalTimeZone": .text(call.timeZone)
        case "InTestMode": .boolean(false)
        default: nil
        }
    }

    private func recognizer(_ parts: [String]) -> Value? {
        switch parts.dropFirst().joined(separator: ".") {
        case "IntentOptions", "SelectedIntent": systemVariables[parts.joined(separator: ".")] ?? .blank
        case "TriggeringMessage.Text": lastWords
        case "TriggeringMessage.Id": .text(call.id.rawValue)
        case "MultipleTopicsMatchedReason": .text("MultipleTopicsMatched")
        case "ExtractedEntities": .table([])
        default: nil
        }
    }

    /// A header that came with the call, by its lower-case name; blank when there is none.
    func header(_ name: String) -> Value {
        call.headers.first { $0.name == name }.map { .text($0.value) } ?? .blank
    }

    /// Names that `System` has, for the check of a folder.
    package static let systemNames: Set<String> = [
        "Activity.From.Name", "Activity.From.Id", "Activity.Recipient.Name", "Activity.Recipient.Id", "Activity.Text",
        "Activity.Id", "Activity.ChannelId", "Activity.Channel", "Activity.Type", "Activity.TypeId", "Activity.Name",
        "Activity.Locale", "Activity.Value", "Activity.ChannelData", "Activity.Attachments", "LastMessage.Text",
        "LastMessage.Id", "Conversation.Id", "Conversation.SipUuiHeaderValue", "Conversation.SipXHeader",
        "Conversation.SipXHeaders", "Conversation.LocalTimeZone", "Conversation.InTestMode", "Bot.Name",
        "Bot.SchemaName", "Bot.Id", "Bot.EnvironmentId", "Bot.TenantId", "User.Language", "User.PreferredLanguage",
        "User.Id", "User.DisplayName", "User.PhoneNumber", "User.FirstName", "User.LastName", "User.Email",
        "User.PrincipalName", "User.AccessToken", "User.IsLoggedIn", "Error.Message", "Error.Code", "FallbackCount",
        "SignInReason", "Recognizer.IntentOptions", "Recognizer.SelectedIntent", "Recognizer.TriggeringMessage.Text",
        "Recognizer.TriggeringMessage.Id", "Recognizer.MultipleTopicsMatchedReason", "Recognizer.ExtractedEntities",
    ]
}
