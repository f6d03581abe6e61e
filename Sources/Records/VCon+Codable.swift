import Telephony

/// The members that every object with a file in it has, read and written beside the object's own.
private enum ContentKeys: String, CodingKey {
    case filename, body, encoding, url
    case mediaType = "mediatype"
    case contentHash = "content_hash"
}

extension VCon.Content {
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ContentKeys.self)
        mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
        filename = try container.decodeIfPresent(String.self, forKey: .filename)
        body = try container.decodeIfPresent(JSONDocument.self, forKey: .body)
        encoding = try container.decodeIfPresent(VCon.Encoding.self, forKey: .encoding)
        url = try container.decodeIfPresent(String.self, forKey: .url)
        contentHash = try container.decodeOneOrMany(String.self, forKey: .contentHash)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ContentKeys.self)
        try container.encodeIfPresent(mediaType, forKey: .mediaType)
        try container.encodeIfPresent(filename, forKey: .filename)
        try container.encodeIfPresent(body, forKey: .body)
        try container.encodeIfPresent(encoding, forKey: .encoding)
        try container.encodeIfPresent(url, forKey: .url)
        if contentHash.count == 1 {
            try container.encode(contentHash[0], forKey: .contentHash)
        } else if !contentHash.isEmpty {
            try container.encode(contentHash, forKey: .contentHash)
        }
    }
}

extension VCon.Dialog: Codable {
    private enum CodingKeys: String, CodingKey {
        case start, duration, parties, originator, disposition, transferee, transferor, original, consultation
        case application
        case kind = "type"
        case partyHistory = "party_history"
        case transferTarget = "transfer_target"
        case targetDialog = "target_dialog"
        case messageID = "message_id"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(Kind.self, forKey: .kind)
        start = try container.decode(WallTime.self, forKey: .start)
        duration = try container.decodeIfPresent(Double.self, forKey: .duration)
        parties = VCon.Dialog.partyLists(try container.decodeIfPresent(JSONDocument.self, forKey: .parties))
        originator = try container.decodeIfPresent(Int.self, forKey: .originator)
        content = try VCon.Content(from: decoder)
        disposition = try container.decodeIfPresent(Disposition.self, forKey: .disposition)
        partyHistory = try container.decodeIfPresent([VCon.PartyEvent].self, forKey: .partyHistory) ?? []
        transferee = try container.decodeIfPresent(Int.self, forKey: .transferee)
        transferor = try container.decodeIfPresent(Int.self, forKey: .transferor)
        transferTarget = try container.decodeOneOrMany(Int.self, forKey: .transferTarget).first
        original = try container.decodeOneOrMany(Int.self, forKey: .original).first
        consultation = try container.decodeOneOrMany(Int.self, forKey: .consultation).first
        targetDialog = try container.decodeOneOrMany(Int.self, forKey: .targetDialog).first
        application = try container.decodeIfPresent(String.self, forKey: .application)
        messageID = try container.decodeIfPresent(String.self, forKey: .messageID)
    }

    /// One index, a list of them, or a list with a list for each channel that several share.
    private static func partyLists(_ value: JSONDocument?) -> [[Int]] {
        func index(_ value: JSONDocument) -> Int? { value.number.flatMap { Int(exactly: $0) } }
        guard let value else { return [] }
        if let single = index(value) { return [[single]] }
        return (value.array ?? []).map { item in
            index(item).map { [$0] } ?? (item.array ?? []).compactMap(index)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(start, forKey: .start)
        try container.encodeIfPresent(duration, forKey: .duration)
        if !parties.isEmpty {
            let lists = parties.map { list -> JSONDocument in
                list.count == 1
                    ? .number(Double(list[0])) : list.isEmpty ? .null : .array(list.map { .number(Double($0)) })
            }
            try container.encode(JSONDocument.array(lists), forKey: .parties)
        }
        try container.encodeIfPresent(originator, forKey: .originator)
        try content.encode(to: encoder)
        try container.encodeIfPresent(disposition, forKey: .disposition)
        if !partyHistory.isEmpty { try container.encode(partyHistory, forKey: .partyHistory) }
        try container.encodeIfPresent(transferee, forKey: .transferee)
        try container.encodeIfPresent(transferor, forKey: .transferor)
        try container.encodeIfPresent(transferTarget, forKey: .transferTarget)
        try container.encodeIfPresent(original, forKey: .original)
        try container.encodeIfPresent(consultation, forKey: .consultation)
        try container.encodeIfPresent(targetDialog, forKey: .targetDialog)
        try container.encodeIfPresent(application, forKey: .application)
        try container.encodeIfPresent(messageID, forKey: .messageID)
    }
}

extension VCon.Analysis: Codable {
    private enum CodingKeys: String, CodingKey { case type, dialog, vendor, product, schema }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        dialog = try container.decodeOneOrMany(Int.self, forKey: .dialog)
        vendor = try container.decodeIfPresent(String.self, forKey: .vendor)
        product = try container.decodeIfPresent(String.self, forKey: .product)
        schema = try container.decodeIfPresent(String.self, forKey: .schema)
        content = try VCon.Content(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        if dialog.count == 1 {
            try container.encode(dialog[0], forKey: .dialog)
        } else if !dialog.isEmpty {
            try container.encode(dialog, forKey: .dialog)
        }
        try container.encodeIfPresent(vendor, forKey: .vendor)
        try container.encodeIfPresent(product, forKey: .product)
        try container.encodeIfPresent(schema, forKey: .schema)
        try content.encode(to: encoder)
    }
}

extension VCon.Attachment: Codable {
    private enum CodingKeys: String, CodingKey { case purpose, start, party, dialog }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        purpose = try container.decodeIfPresent(String.self, forKey: .purpose)
        start = try container.decodeIfPresent(WallTime.self, forKey: .start)
        party = try container.decodeIfPresent(Int.self, forKey: .party)
        dialog = try container.decodeIfPresent(Int.self, forKey: .dialog)
        content = try VCon.Content(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(purpose, forKey: .purpose)
        try container.encodeIfPresent(start, forKey: .start)
        try container.encodeIfPresent(party, forKey: .party)
        try container.encodeIfPresent(dialog, forKey: .dialog)
        try content.encode(to: encoder)
    }
}

extension KeyedDecodingContainer {
    /// A value or a list of values, as a list; empty when it is absent.
    fileprivate func decodeOneOrMany<Item: Decodable>(_ type: Item.Type, forKey key: Key) throws -> [Item] {
        guard contains(key), try !decodeNil(forKey: key) else { return [] }
        if let single = try? decode(Item.self, forKey: key) { return [single] }
        return try decode([Item].self, forKey: key)
    }
}
