import Telephony

/// What a SIP dialog needs so that another process than the one that had it can end it: the state of RFC 3261 section 12,
/// and the way its messages took. It holds no credentials, no media and no key of media.
package struct SIPDialogRecord: Sendable, Equatable, Codable {
    package var callID: String
    package var localTag: String
    package var remoteTag: String
    /// The own party with its tag, as it stands in From.
    package var local: String
    /// The far end with its tag, as it stands in To.
    package var remote: String
    /// The URI that requests go to.
    package var target: String
    package var routes: [String]
    /// The number of the last request that went out.
    package var cseq: UInt32
    /// Parley placed the call.
    package var isOutgoing: Bool
    /// The name of the peer's profile.
    package var peer: String
    package var transport: String
    /// Where the far end's messages came from, or the first went to.
    package var host: String
    package var port: UInt16
    /// The name that a TLS server must prove.
    package var serverName: String?

    /// Tells the dialog from every other of Parley's.
    package var id: SIPDialogID { SIPDialogID(callID: callID, localTag: localTag, remoteTag: remoteTag) }

    init(_ dialog: SIPDialog, isOutgoing: Bool, peer: String, hop: Hop) {
        callID = dialog.id.callID
        localTag = dialog.id.localTag
        remoteTag = dialog.id.remoteTag
        local = dialog.local.description
        remote = dialog.remote.description
        target = dialog.remoteTarget.description
        routes = dialog.routeSet.map(\.description)
        cseq = dialog.localCSeq
        self.isOutgoing = isOutgoing
        self.peer = peer
        transport = hop.transport.rawValue
        host = Host(hop.address).bare
        port = hop.address.port
        serverName = hop.serverName
    }

    /// The way back; its stream is gone. `nil` when the record is damaged.
    var hop: Hop? {
        guard let transport = SIPTransport(rawValue: transport),
            let address = Host(host, allowsBareIPv6: true)?.address(port: port)
        else { return nil }
        return Hop(transport, address, serverName: serverName)
    }
}

extension SIPDialog {
    /// A dialog that another process had.
    ///
    /// Its next number leaves room for requests that went out after the record was written: a far end takes any greater
    /// number (RFC 3261 section 12.2.2).
    init?(_ record: SIPDialogRecord) {
        guard let local = NameAddress(record.local), let remote = NameAddress(record.remote),
            let target = SIPURI(record.target)
        else { return nil }
        var routes: [NameAddress] = []
        for text in record.routes {
            guard let route = NameAddress(text) else { return nil }
            routes.append(route)
        }
        self.init(
            id: record.id, local: local, remote: remote, remoteTarget: target, routeSet: routes,
            localCSeq: record.cseq &+ 16)
    }
}
