package import Telephony

/// A conversation in the form of draft-ietf-vcon-vcon-core, syntax 0.4.0, unsigned.
///
/// Every member but the lists may be absent, because the draft's own examples leave even `uuid` and `created_at` out;
/// what ``init(of:createdAt:)`` makes has them all.
package struct VCon: Sendable, Equatable, Codable {
    /// The syntax that is written.
    package static let syntax = "0.4.0"
    /// The media type of the unsigned form.
    package static let mediaType = "application/vcon"

    package var vcon: String?
    /// A UUID, version 8 when Parley made it.
    package var uuid: String?
    package var createdAt: WallTime?
    package var updatedAt: WallTime?
    package var subject: String?
    package var extensions: [String]?
    package var critical: [String]?
    package var parties: [Party] = []
    package var dialog: [Dialog] = []
    package var analysis: [Analysis] = []
    package var attachments: [Attachment] = []

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case vcon, uuid, subject, extensions, critical, parties, dialog, analysis, attachments
        case createdAt = "created_at"
        case updatedAt = "updated_at"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        vcon = try container.decodeIfPresent(String.self, forKey: .vcon)
        uuid = try container.decodeIfPresent(String.self, forKey: .uuid)
        createdAt = try container.decodeIfPresent(WallTime.self, forKey: .createdAt)
        updatedAt = try container.decodeIfPresent(WallTime.self, forKey: .updatedAt)
        subject = try container.decodeIfPresent(String.self, forKey: .subject)
        extensions = try container.decodeIfPresent([String].self, forKey: .extensions)
        critical = try container.decodeIfPresent([String].self, forKey: .critical)
        parties = try container.decodeIfPresent([Party].self, forKey: .parties) ?? []
        dialog = try container.decodeIfPresent([Dialog].self, forKey: .dialog) ?? []
        analysis = try container.decodeIfPresent([Analysis].self, forKey: .analysis) ?? []
        attachments = try container.decodeIfPresent([Attachment].self, forKey: .attachments) ?? []
    }

    /// Somebody, or something, that takes part.
    package struct Party: Sendable, Equatable, Codable {
        /// A telephone number, RFC 3966.
        package var tel: String?
        package var sip: String?
        package var mailto: String?
        package var name: String?
        package var uuid: String?
        package init() {}
    }

    /// A file inside the vCon or beside it.
    package struct Content: Sendable, Equatable {
        package var mediaType: String?
        package var filename: String?
        /// A text, or any JSON where the encoding is `json`.
        package var body: JSONDocument?
        package var encoding: Encoding?
        package var url: String?
        /// `sha512-` and the hash in base64url; several when there are several algorithms.
        package var contentHash: [String] = []
        package init() {}
    }

    package enum Encoding: String, Sendable, Codable {
        case base64url, json, none
    }

    /// A stretch of the conversation.
    package struct Dialog: Sendable, Equatable {
        package enum Kind: String, Sendable, Codable {
            case recording, text, transfer, incomplete
            case recordingSet = "recording-set"
        }

        /// Why a dialog never came about.
        package enum Disposition: String, Sendable, Codable {
            case congestion, failed, busy
            case noAnswer = "no-answer"
            case hungUp = "hung-up"
            case voicemailWithoutMessage = "voicemail-no-message"
        }

        package var kind: Kind
        package var start: WallTime
        /// Seconds.
        package var duration: Double?
        /// Indices of parties; for a recording of several channels, one list a channel.
        package var parties: [[Int]] = []
        package var originator: Int?
        package var content = Content()
        package var disposition: Disposition?
        package var partyHistory: [PartyEvent] = []
        package var transferee: Int?
        package var transferor: Int?
        package var transferTarget: Int?
        /// The dialog from which the caller was transferred.
        package var original: Int?
        package var consultation: Int?
        /// The dialog between the caller and the target.
        package var targetDialog: Int?
        package var application: String?
        package var messageID: String?

        package init(_ kind: Kind, start: WallTime) {
            self.kind = kind
            self.start = start
        }
    }

    /// What a party did during a dialog.
    package struct PartyEvent: Sendable, Equatable, Codable {
        package enum Kind: String, Sendable, Codable {
            case join, drop, hold, unhold, mute, unmute, keydown, keyup
        }

        package var party: Int
        package var time: WallTime
        package var event: Kind
        /// The key; for `keydown` and `keyup`.
        package var button: String?

        package init(_ event: Kind, party: Int, time: WallTime, button: String? = nil) {
            self.party = party
            self.time = time
            self.event = event
            self.button = button
        }
    }

    /// What somebody made of the conversation.
    package struct Analysis: Sendable, Equatable {
        package var type: String
        package var dialog: [Int] = []
        package var vendor: String?
        package var product: String?
        package var schema: String?
        package var content = Content()
        package init(type: String) { self.type = type }
    }

    /// A document that belongs to the conversation.
    package struct Attachment: Sendable, Equatable {
        package var purpose: String?
        package var start: WallTime?
        package var party: Int?
        package var dialog: Int?
        package var content = Content()
        package init() {}
    }
}
