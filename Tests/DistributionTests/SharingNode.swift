import CallControl
import Distribution
import Foundation
import Records
import Telephony

/// One of several processes that keep promises to call back in one database, in virtual time: it says there what becomes
/// of them, takes over what others leave, and asks before it calls, unless it is cut off.
struct SharingNode {
    let name: String
    private let store: any ContextStore
    var floor: Floor
    var isCutOff = false
    /// The store does what it is asked, and the answer does not arrive.
    var losesAnswers = false
    /// What the store does not have yet.
    private(set) var unwritten: [CallBackChange] = []
    private var words = 0
    private var placements = 0
    /// Calls whose phone rings because of this node, since they were fetched last.
    private(set) var dialled: [CallBackPlacement] = []
    /// Promises of which it told that they ran out.
    private(set) var accounted: [CallID] = []

    init(_ name: String, _ store: any ContextStore, _ floor: Floor) {
        self.name = name
        self.store = store
        self.floor = floor
    }

    /// A second passes.
    mutating func pass() throws {
        floor.wait(1)
        if !isCutOff {
            try write()
            _ = try store.keepAlive(node: name, subscriptions: [], at: wall)
            let taken = try store.takeCallBacks(node: name, isStarting: false)
            floor.takeOver(try taken.filter { !$0.isUnderWay }.map(SharingNode.read))
            floor.accountForLost(try taken.filter(\.isUnderWay).map(SharingNode.read))
        }
        try settle()
    }

    mutating func takeDialled() -> [CallBackPlacement] {
        defer { dialled = [] }
        return dialled
    }

    /// Passes on what was said, and asks for each that is to be called.
    mutating func settle() throws {
        while words < floor.words.count || placements < floor.placements.count {
            unwritten += floor.words[words...].compactMap(change)
            words = floor.words.count
            guard placements < floor.placements.count else { continue }
            let placement = floor.placements[placements]
            placements += 1
            let claim = floor.distributor.promise(toPlace: placement.call)
            if claim == nil, placement.plan != nil { continue }
            let answer = try holder(placement, claim)
            guard floor.claimed(placement, answer) else { continue }
            if placement.plan == nil {
                accounted.append(placement.callBack.promisedIn)
                unwritten.append(.over(placement.callBack.promisedIn))
            } else {
                dialled.append(placement)
            }
        }
    }

    private func holder(_ placement: CallBackPlacement, _ claim: KeptPromise?) throws -> PromiseClaim {
        let call = placement.callBack.promisedIn
        let isNew = unwritten.contains {
            if case .promised(let promised) = $0 { promised.call == call } else { false }
        }
        if isCutOff || isNew { return .unknown }
        guard let claim else { return try store.holdsCallBack(of: call, node: name) ? .held : .lost }
        let answer = try store.claimCallBack(stored(claim))
        if losesAnswers { return .unknown }
        return switch answer {
        case .held: .held
        case .superseded: .unknown
        case .lost: .lost
        }
    }

    private mutating func write() throws {
        guard !unwritten.isEmpty else { return }
        var batch = RecordBatch(now: wall, node: name)
        batch.callBacks = unwritten
        try store.write(batch)
        unwritten = []
    }

    private var wall: WallTime { WallTime(millisecondsSince1970: (floor.now - .zero).milliseconds) }

    private func change(_ word: Floor.Word) -> CallBackChange? {
        switch word {
        case .promised(let promise): .promised(stored(promise))
        case .changed(let promise): .changed(stored(promise))
        case .over(let call): .over(call)
        }
    }

    private func stored(_ promise: KeptPromise) -> StoredCallBack {
        let json = (try? JSONEncoder().encode(promise)).map { String(decoding: $0, as: UTF8.self) }
        return StoredCallBack(
            call: promise.call, node: name, joinedAt: WallTime(millisecondsSince1970: promise.joinedAt),
            expiresAt: WallTime(millisecondsSince1970: promise.expiresAt), version: promise.version ?? 0,
            isUnderWay: promise.isUnderWay ?? false, json: json ?? "")
    }

    private static func read(_ stored: StoredCallBack) throws -> KeptPromise {
        try JSONDecoder().decode(KeptPromise.self, from: Data(stored.json.utf8))
    }
}
