package import CallFlow
package import Routing
package import SIP
package import Telephony

/// What goes into a ``Switchboard`` beside datagrams and time.
package enum SwitchboardInput: Sendable {
    /// A call was accepted: its media flows from now on.
    case admit(Admission)
    /// The caller hung up.
    case callerHungUp(CallID)
    /// A key by SIP INFO, which has no media time of its own, and for how long it was down, if it was said.
    case infoDigit(CallID, Digit, durationInMilliseconds: Int? = nil)
    /// The outside answers a request.
    case reply(RequestID, Reply)
    /// Something became of a further leg, where the switchboard does not signal itself.
    case leg(CallID, LegEvent)
    /// Somebody wants something of a running call.
    case command(CallID, CallCommand)

    /// A caller is to be called back.
    case originate(Origination)
    /// A caller who is being called back and has not answered is given up.
    case withdraw(CallID, CallBackResult)
    /// Parley is to end a call: an operator's command, or the end of the service.
    case hangUp(CallID, HangupCause)
    /// What comes on signalling connections. Taken only by a switchboard that signals.
    case signalling(SignallingInput)

    /// An answer from the outside.
    package enum Reply: Sendable {
        /// The audio of a prompt, at the leg's sample rate.
        case prompt(PCMAudio)
        /// The prompt cannot be had.
        case promptFailed(reason: String)
        /// What has been understood so far.
        case partiallyRecognized(text: String)
        /// The words of the utterance; empty when nothing was understood.
        case recognized(text: String, confidence: Double)
        case recognitionFailed(reason: String)
        case http(HTTPReply)
        case questionAnswered(AnswerReply)
        /// The hand-over was done elsewhere, or comes to nothing.
        case transferEnded(TransferOutcome)
        case caller(CallerReply)
        /// Where the caller goes.
        case routed(Route)
    }
}

/// What comes out of a ``Switchboard`` beside datagrams.
package enum SwitchboardOutput: Sendable {
    /// Something happened.
    case fact(CallEvent)
    /// The outside is asked; it answers with the same number, or not at all.
    case request(RequestID, SwitchboardRequest)
    /// An answer is no longer wanted.
    case cancel(RequestID)
    /// Audio for a recording.
    case recorded(CallID, RecordedAudio)
    /// The call is over and this is what is known of it. Nothing of this call comes after but the end of its journal.
    case sealed(CallContext)
    /// The call was not taken: there are too many, or its codec cannot be opened.
    case refused(CallID)
    /// A leg has the port from now on: what it received before is none of this call's.
    case opened(Port)
    /// The port's leg may have another peer from now on, see ``OutgoingDatagram/isSolePeer``.
    case moved(Port)
    /// The port's leg is gone: drain it and let it rest.
    case closed(Port)
    /// A leg was dialled that the outside knows by a reference: every fact of the leg comes after.
    case dialled(CallID, LegID, reference: UInt64)
    /// A phone has registered there, or is no longer registered when there is no contact: the newest first.
    case phone(address: String, [PhoneContact])
    /// What becomes of a further leg is for the outside to do, where the switchboard does not signal itself.
    case leg(CallID, LegCommand)
    /// A SIP message to send.
    case signal(OutgoingMessage)
    /// A call has a SIP call, its caller's or a further leg's, which came or was placed: the call's own name, and the
    /// Call-ID of that.
    case line(CallID, sipCallID: String)
    /// What it takes to end a SIP dialog of a call, should this process be gone; it replaces what was told before.
    case dialog(CallID, SIPDialogRecord)
    /// A SIP dialog is over.
    case dialogOver(SIPDialogID)
    /// More of a call's journal.
    case journal(CallID, JournalPiece)
    /// How a registration of that name fares.
    case registration(name: String, RegistrationState)
}

/// A stretch of a call's journal, whole entries of it.
package enum JournalPiece: Sendable {
    /// The call begins, and this agent answers it.
    case began(Agent)
    case entries([UInt8])
    /// The last. Comes behind the call's seal.
    case ended([UInt8])
}

/// What comes into a ``Switchboard`` from signalling connections.
package enum SignallingInput: Sendable {
    /// The octets of a datagram.
    case datagram([UInt8], Hop)
    /// A message cut from a stream.
    case message(SIPMessage, Hop)
    /// A stream broke, or could not be opened.
    case failed(Hop)
    /// What the clock on the wall says now.
    case wallTime(WallTime)
    /// New calls are refused from now on; running ones go on.
    case drain
    /// These trunks hold for calls that come from now on; running calls keep what they began with.
    case trunks([Trunk])
    /// Who may be called from now on.
    case outbound(OutboundRules)
    /// Callers are looked up from now on, and an answer is of use for so long; `nil` where nobody is asked.
    case lookUps(limit: Interval?)
    /// A phone has registered with another shard, or is gone when there is no contact: the newest first.
    case phone(address: String, [PhoneContact])
    /// A dialog that a process had which is gone is to be ended: BYE.
    case endDialog(SIPDialogRecord)
    /// The gateways of a trunk are to be asked whether they are there.
    case probe(trunk: String)
    /// A binding is to be kept up; another under the same name ends it.
    case register(name: String, RegistrationRequest)
    /// A binding is to be taken back.
    case unregister(name: String)
}

/// What is asked of the outside.
package enum SwitchboardRequest: Sendable {
    /// The audio of an agent's prompt at so many samples a second.
    case prompt(PromptSource, sampleRate: Int, of: Agent)
    /// The caller begins an utterance whose words are wanted.
    case openRecognition(call: CallID, RecognitionHints, startsAt: Interval)
    /// More of the utterance, under the number that opened it, from the prefix padding before its onset, 200 ms after it
    /// was heard and without the tones of keys that may be secret. Sent only when the configuration says that the
    /// recogniser takes audio.
    case recognitionAudio(PCMAudio)
    /// The utterance is over, under the number that opened it: a reply is due.
    case finishRecognition(call: CallID, from: Interval, to: Interval)
    case http(call: CallID, HTTPRequest)
    /// A question in plain words for whoever answers such.
    case ask(call: CallID, AnswerRequest)
    /// The caller is to be handed over: a ``Route`` is due, or an outcome. With it comes what is known of the call so far.
    case transfer(call: CallID, TransferRequest, CallContext)
    /// Who the caller is; asked when the call begins.
    case lookUpCaller(call: CallID, CallerInquiry)
    /// Where the route led, under the number of the hand-over: nobody was reached. Another route is due, or an outcome.
    case routeFailed(call: CallID, TransferOutcome)
    /// The caller wants to be called back, under the number of the hand-over.
    case callBackWanted(call: CallID)
}

/// A stretch of what is recorded of a call.
package struct RecordedAudio: Sendable {
    package var track: RecordingTrack
    package var sampleRate: Int
    /// Sample-aligned: the caller and what the caller hears; or a further leg's party alone.
    package var channels: [[Int16]]
}

/// Why a ``Switchboard`` took nothing of a datagram. Counted, never logged one by one.
package enum DatagramRefusal: Sendable, CaseIterable {
    /// No leg has the port.
    case unknownPort
    /// Neither RTP nor RTCP of version 2, or its lengths contradict each other.
    case malformed
    /// A payload type that was not negotiated.
    case unknownPayloadType
    /// Another source than the stream's own (RFC 3550 section 8.2).
    case foreignSource
    /// Another address than the one that media was settled to come from.
    case foreignAddress
    /// SRTP that is not encrypted with the leg's key.
    case unauthenticated
    /// SRTP that had come before.
    case replayed
}
