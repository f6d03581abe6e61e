package import CallControl
package import Telephony

/// A call that is to be placed to a caller who was promised to be called back.
package struct CallBackPlacement: Sendable {
    /// The new call's name: of the one in which it was promised, with a number.
    package var call: CallID
    /// The caller's number, and what the caller called then.
    package var from: String
    package var to: String
    /// The name of the agent, that is the dialog, which led that call.
    package var agent: String
    /// How the caller is called; `nil` where the promise has run out: then only the account says so, and the promise is
    /// over.
    package var plan: DialPlan?
    package var callBack: CallBackCall
}
