import AudioFiles
import Foundation
import Records
import Telephony
import Testing

@Suite("vCon")
struct VConTests {
    /// Calls of every kind that has its own form in a vCon.
    private static let records: [(name: String, record: CallRecord)] = {
        let wave = CallRecord.Recording(
            data: (try? AudioEncoding.encode([[0, 1, 2], [3, 4, 5]], sampleRate: 8_000, as: .wav)) ?? Data(),
            mediaType: "audio/x-wav", filename: "call.wav")
        var records: [(String, CallRecord)] = [
            ("plain", SampleRecords.record(SampleRecords.events())),
            ("recorded", SampleRecords.record(SampleRecords.events(), recording: wave)),
            ("never answered", SampleRecords.record(SampleRecords.events(isAnswered: false))),
            ("secret", SampleRecords.record(SampleRecords.events(secret: "4929"))),
            ("from SIP", SampleRecords.record(SampleRecords.events(from: "sip:alice@example.com"))),
            ("without facts", CallRecord(context: SampleRecords.context(SampleRecords.events()))),
        ]
        for outcome in TransferOutcome.allCases {
            records.append(("\(outcome)", SampleRecords.record(SampleRecords.events(transfer: outcome))))
        }
        var parties = SampleRecords.record(LegStory.consultation.events, recording: wave)
        parties.recordings.append(
            CallRecord.Recording(
                data: wave.data, mediaType: "audio/x-wav", filename: "call-leg1.wav", channelCount: 1, duration: 1,
                track: RecordingTrack(leg: LegID(1), startsAt: .milliseconds(3_020))))
        records.append(("each party recorded", parties))
        for story in LegStory.all { records.append((story.name, SampleRecords.record(story.events))) }
        return records
    }()

    @Test("what is written validates against the draft's schema", arguments: records.indices)
    func validates(index: Int) throws {
        let (name, record) = VConTests.records[index]
        let data = try VCon(of: record).data()
        let json = try JSONDocument(parsing: data)
        #expect(json["vcon"]?.string == "0.4.0")
        guard let folder = SharedCases.vCon else { return }
        let schema = try JSONDocument(parsing: Data(contentsOf: URL(filePath: folder + "/vcon_json_schema.json")))
        #expect(JSONSchemaValidator(root: schema).problems(of: json) == [], "\(name)")
    }

    @Test("the validator refuses what the schema refuses")
    func validatorRefuses() throws {
        guard let folder = SharedCases.vCon else { return }
        let schema = try JSONDocument(parsing: Data(contentsOf: URL(filePath: folder + "/vcon_json_schema.json")))
        let validator = JSONSchemaValidator(root: schema)
        let bad: [JSONDocument] = [
            [:], ["uuid": "no", "created_at": "2026-03-02T09:30:00Z"],
            ["uuid": "019f15a6-a752-826f-b9a2-279e0d16bc46", "created_at": "yesterday"],
            [
                "uuid": "019f15a6-a752-826f-b9a2-279e0d16bc46", "created_at": "2026-03-02T09:30:00Z",
                "dialog": [["type": "call", "start": "2026-03-02T09:30:00Z"]],
            ],
            [
                "uuid": "019f15a6-a752-826f-b9a2-279e0d16bc46", "created_at": "2026-03-02T09:30:00Z",
                "dialog": [["type": "text", "start": "2026-03-02T09:30:00Z", "originator": -1]],
            ],
        ]
        for value in bad { #expect(validator.problems(of: value) != []) }
    }

    @Test("a recording of one party begins when it does, and names that party alone")
    func partyRecordings() throws {
        let record = try #require(VConTests.records.first { $0.name == "each party recorded" }?.record)
        let document = try VCon(of: record)
        let recording = try #require(document.dialog.last)
        let answeredAt = try #require(record.context.answeredAt)
        #expect(recording.kind == .recording && recording.parties == [[2]])
        #expect(recording.start == answeredAt + .milliseconds(3_020) && recording.duration == 1)
        #expect(recording.content.filename == "call-leg1.wav")
        // What is replayed is the call's own.
        #expect(try document.recording(besides: "/nowhere").dialog.content.filename == "call.wav")
    }

    @Test("what is written is read back as it was", arguments: records.indices)
    func roundTrip(index: Int) throws {
        let written = try VCon(of: VConTests.records[index].record)
        #expect(try VCon(parsing: written.data()) == written)
    }

    @Test("the draft's own examples are read")
    func examples() throws {
        guard let folder = SharedCases.vCon else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".vcon") }
        #expect(names.count >= 17)
        for name in names.sorted() {
            let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
            if name.contains("encrypted") {
                #expect(throws: RecordsError.self) { try VCon(parsing: data) }
            } else {
                let document = try VCon(parsing: data)
                #expect(name == "simple-vcon.vcon" || document.parties.count >= 2, "\(name)")
            }
        }
        let inline = try Data(contentsOf: URL(filePath: folder + "/ab_call_int_rec.vcon"))
        let recording = try VCon(parsing: inline).recording(besides: folder)
        let audio = try AudioEncoding.decode(recording.data, name: "ab_call_int_rec")
        #expect(audio.caller.durationInSeconds > 4)
        let external = try Data(contentsOf: URL(filePath: folder + "/ab_call_ext_rec.vcon"))
        #expect(throws: RecordsError.self) { try VCon(parsing: external).recording(besides: folder) }
    }

    @Test("a secret digit is in the vCon as a key that was pressed, and as nothing else")
    func secretDigits() throws {
        let document = try VCon(of: SampleRecords.record(SampleRecords.events(secret: "4929")))
        let keys = document.dialog[0].partyHistory.filter { $0.event == .keydown }
        #expect(keys.map(\.button) == ["4"] + Array(repeating: redactionPlaceholder, count: 4))
        #expect(!String(decoding: try document.data(), as: UTF8.self).contains("4929"))
    }

    @Test("a transfer names who did what, and what became of the target")
    func transferRoles() throws {
        let document = try VCon(of: SampleRecords.record(SampleRecords.events(transfer: .busy)))
        #expect(document.dialog.map(\.kind) == [.recording, .transfer, .incomplete])
        let transfer = document.dialog[1]
        #expect(transfer.transferee == 0 && transfer.transferor == 1 && transfer.transferTarget == 2)
        #expect(transfer.original == 0 && transfer.targetDialog == 2)
        #expect(document.dialog[2].disposition == .busy)
        #expect(document.parties[2].tel == "+15550123")
    }

    @Test("a consultation is a dialog of its own, and links the agent who asked with the one who took the call")
    func consultation() throws {
        let document = try VCon(of: SampleRecords.record(LegStory.consultation.events))
        #expect(document.parties.map(\.name) == [nil, "Parley", "Agent", "Expert"])
        #expect(document.dialog.map(\.kind) == [.recording, .transfer, .recording, .transfer])
        let (first, apart, second) = (document.dialog[1], document.dialog[2], document.dialog[3])
        #expect(first.transferor == 1 && first.transferTarget == 2 && first.targetDialog == 0)
        #expect(apart.parties == [[2], [3]] && apart.duration == 3 && apart.content.body == nil)
        #expect(second.transferee == 0 && second.transferor == 2 && second.transferTarget == 3)
        #expect(second.original == 0 && second.consultation == 2 && second.targetDialog == 0)
        let events = document.dialog[0].partyHistory.map { "\($0.party) \($0.event.rawValue)" }
        #expect(
            events == [
                "0 join", "1 join", "0 keydown", "2 join", "0 hold", "2 drop", "0 unhold", "3 join", "3 drop", "0 drop",
                "1 drop",
            ])
        #expect(document.dialog[0].parties == [[0], [1, 2, 3]])
    }

    @Test("whoever was called in vain, was held, or listened is told as that")
    func otherLegs() throws {
        let busy = try VCon(of: SampleRecords.record(LegStory.secondAgent.events))
        #expect(busy.dialog.map(\.kind) == [.recording, .incomplete, .transfer, .transfer])
        #expect(busy.dialog[1].disposition == .busy && busy.dialog[2].targetDialog == 1)
        #expect(busy.dialog[3].transferTarget == 3 && busy.dialog[0].parties == [[0], [1, 3]])
        let held = busy.dialog[0].partyHistory.filter { $0.party == 3 }.map(\.event)
        #expect(held == [.join, .hold, .unhold, .drop])
        let heard = try VCon(of: SampleRecords.record(LegStory.supervisor.events))
        #expect(heard.dialog.map(\.kind) == [.recording, .transfer])
        #expect(heard.dialog[0].partyHistory.filter { $0.party == 3 }.map(\.event) == [.join, .mute, .unmute, .drop])
    }

    @Test("the transcript has both sides in order, and the outcome is an analysis of its own")
    func analysis() throws {
        let record = SampleRecords.record(SampleRecords.events())
        #expect(Transcript.lines(of: record).map(\.text) == ["Welcome.", "my bill"])
        let document = try VCon(of: record)
        #expect(document.analysis.map(\.type) == ["transcript", "report"])
        #expect(document.analysis[1].content.body?["outcome"] == "abandoned")
    }

    @Test("the same call has the same UUID of version 8, another call another")
    func identifiers() throws {
        let one = try VCon(of: SampleRecords.record(SampleRecords.events("a"))).uuid
        let two = try VCon(of: SampleRecords.record(SampleRecords.events("b"))).uuid
        #expect(one != two)
        #expect(try VCon(of: SampleRecords.record(SampleRecords.events("a"))).uuid == one)
        #expect(one?.dropFirst(14).first == "8")
    }

    @Test("a recording beside the vCon is read when its hash is right, and refused when it is not")
    func externalRecording() throws {
        let folder = try TemporaryFolder()
        let audio = try AudioEncoding.encode([[1, 2, 3]], sampleRate: 8_000, as: .wav)
        try audio.write(to: URL(filePath: folder("call.wav")))
        func document(_ hash: String) -> Data {
            Data(
                """
                {"dialog":[{"type":"recording","start":"2026-03-02T09:30:00Z","parties":[0],"url":"call.wav",
                "content_hash":"\(hash)"}]}
                """.utf8)
        }
        #expect(try VCon(parsing: document("md4-x")).recording(besides: folder.path).data == audio)
        #expect(throws: RecordsError.self) {
            try VCon(parsing: document("sha512-AAAA")).recording(besides: folder.path)
        }
    }

    @Test(
        "what is no vCon is refused with a sentence",
        arguments: ["", "{", "[]", "1", #"{"dialog":[{"type":"recording"}]}"#, #"{"payload":"!"}"#, #"{"parties":1}"#])
    func garbage(text: String) {
        #expect(throws: RecordsError.self) { try VCon(parsing: Data(text.utf8)) }
    }

    @Test("octets that are changed at random are read or refused, and nothing else happens")
    func mutations() throws {
        let record = SampleRecords.record(SampleRecords.events(transfer: .busy))
        let whole = try VCon(of: record).data()
        var generator = SeededGenerator(seed: 9)
        var refused = 0
        for _ in 0..<2_000 {
            var data = whole
            for _ in 0..<(1 + generator.next() % 4) {
                let index = Int(generator.next() % UInt64(data.count))
                data[index] = UInt8(truncatingIfNeeded: generator.next())
            }
            guard let document = try? VCon(parsing: data) else {
                refused += 1
                continue
            }
            _ = try? document.recording(besides: "/nowhere")
        }
        #expect(refused > 100)
    }
}
