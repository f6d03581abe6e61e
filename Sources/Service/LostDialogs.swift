import CallControl
import Foundation
import Logging
import Records
import SIP
import Telephony
import Transport

// SIP dialogs outlive the process that had them: what it takes to end each is stored while it is open, and after a crash
// the next process says goodbye for the one that cannot.

extension ServiceOutside {
    /// Stores what it takes to end a SIP dialog.
    func keep(_ record: SIPDialogRecord, of call: CallID) {
        guard let records = records.records, let json = try? JSONEncoder().encode(record) else { return }
        records.appendDialog(record.id.name, of: call, json: String(decoding: json, as: UTF8.self))
    }
}

extension SIPDialogID {
    /// As it is called in the store. The local tag is random, and one dialog of a Call-ID has it.
    var name: String { "\(callID)|\(localTag)" }
}

/// The SIP dialogs of a process that is gone.
struct LostDialogs {
    private let dialogs: [(stored: StoredDialog, record: SIPDialogRecord?)]

    /// Between two slices of BYEs; a far end takes a thousand a second.
    private static let pause = Duration.milliseconds(50)
    private static let slice = 50

    init(_ records: LiveRecords?) {
        dialogs = (records?.lostDialogs ?? []).map { stored in
            (stored, try? JSONDecoder().decode(SIPDialogRecord.self, from: Data(stored.json.utf8)))
        }
    }

    /// Sends a BYE on each, by the shard that its tag names.
    func end(by shards: [Shard], _ records: LiveRecords?, trunks: Set<String>, _ logger: Logger) async {
        guard !dialogs.isEmpty else { return }
        var ended = 0
        for (stored, record) in dialogs {
            guard let record, trunks.contains(record.peer) else {
                logger.warning("call \(stored.call) was cut off, and its trunk is no longer there: no BYE goes out")
                records?.endDialog(stored.name)
                continue
            }
            let shard = Entropy.shard(of: record.localTag).map(Int.init) ?? 0
            shards[shard < shards.count ? shard : 0].loop.post(.signalling(.endDialog(record)))
            ended += 1
            if ended % LostDialogs.slice == 0 { try? await Task.sleep(for: LostDialogs.pause) }
        }
        logger.warning("\(ended) SIP dialogs were cut off when the service stopped; a BYE goes out on each")
    }
}
