import Telephony
import Testing

@testable import DialogCheck

/// What a listener takes for an offer to press a key.
@Suite("Key announcements")
struct KeyAnnouncementTests {
    @Test(
        "the keys that a text offers are found, and numbers that are none are not",
        arguments: [
            ("For billing, press 1. For help, press two.", "12"),
            ("Press 1 for an emergency, 2 for an outage, 3 for your balance, 4 for help, or 5 for our hours.", "12345"),
            ("Dial zero for the operator.", "0"), ("To hear this again press the star key.", "*"),
            ("Please hit the 9 key now.", "9"), ("Press 1 or 2.", "12"), ("Press 1, 2, or 3.", "123"),
            ("Press a number from 1 to 4.", "1234"), ("Press any key between 7 and 9.", "789"),
            ("For yes, press 1; for no, press 2", "12"), ("Press one if you agree, or two if not.", "12"),
            ("1 for sales, 2 for support.", "12"), ("Enter 1 for yes.", "1"), ("Press # to finish.", "#"),
            ("Enter your number followed by the pound key.", "#"), ("Say billing or press 3.", "3"),
            ("Press 1 to hear your balance.", "1"), ("Press <break time=\"1s\"/> 4 for help.", "4"),
            ("Press “5” for the garage.", "5"), ("Push 6 at any time.", "6"), ("You can key in 8 for the desk.", "8"),
            ("Please enter your four digit PIN.", ""), ("Enter 4 to 8 digits.", ""), ("Please call 9 1 1 now.", ""),
            ("Dial 911 in an emergency.", ""), ("We are open from 8 to 6.", ""), ("You have 2 messages.", ""),
            ("Press 1 for help. We are open Monday to Friday, 9 to 5.", "1"), ("One moment, please.", ""),
            ("Press one of the keys.", ""), ("Press the button, it takes 3 minutes.", ""), ("Say one or two.", ""),
            ("Your ticket, 4 of 9, is next.", ""), ("The key points are 3.", ""), ("", ""),
        ])
    func keys(text: String, expected: String) {
        let found = KeyAnnouncement.all(in: SpokenText(text)).map(\.key.character)
        #expect(String(found) == expected, "\(text)")
    }

    @Test("the place of a key is that of the key, not of the verb")
    func place() {
        #expect(KeyAnnouncement.all(in: SpokenText("<p>Please press 7</p>")).map(\.offset) == [16])
    }

    @Test("speaking time counts characters, breaks and audio files up to a place")
    func time() {
        let text = SpokenText(String(repeating: "a", count: 30) + "<break time='2s'/><audio src=\"a.wav\"/>end")
        #expect(abs(text.seconds { _ in 5 } - 9.2) < 0.001)
        #expect(text.seconds(until: 30) { _ in 5 } == 2)
        #expect(SpokenText("{Topic.Name}").seconds { _ in nil } == 8 / SpokenText.charactersPerSecond)
    }
}
