import CallControl
import CallFlow
import Connectors
import Logging
import Speech
import Telephony
import Transport

// What calls ask of the outside, and who answers.
extension ServiceOutside {
    func answer(_ request: SwitchboardRequest, _ id: RequestID) {
        switch request {
        case .prompt(let source, let sampleRate, let agent):
            guard let prompts = agents.prompts(of: agent) else {
                return loop.post(.reply(id, .promptFailed(reason: "the agent is gone")))
            }
            Task { [loop] in
                do {
                    let audio = try await prompts.audio(for: source, sampleRate: sampleRate)
                    loop.post(.reply(id, .prompt(audio)))
                } catch {
                    loop.post(.reply(id, .promptFailed(reason: "\(error)")))
                }
            }
        case .http(_, let http):
            Task { [loop] in loop.post(.reply(id, .http(await HTTPConnector.answer(to: http)))) }
        case .lookUpCaller(_, let inquiry):
            if let caller = sharing.caller(called: inquiry.to) { return loop.post(.reply(id, .caller(caller))) }
            Task { [loop, search = records.search] in
                loop.post(.reply(id, .caller(await search?.answer(to: inquiry) ?? .unknown)))
            }
        case .ask: loop.post(.reply(id, .questionAnswered(.unavailable)))
        case .transfer(let call, let transfer, let context):
            centre.seek(call, id, transfer, knowing: context, on: loop)
        case .routeFailed(let call, let outcome): centre.routeFailed(call, outcome)
        case .callBackWanted(let call): centre.callBackWanted(call)
        case .finishRecognition: loop.post(.reply(id, .recognitionFailed(reason: "there is no recogniser")))
        case .openRecognition, .recognitionAudio: break
        }
    }
}
