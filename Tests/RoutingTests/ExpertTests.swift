import Routing
import Telephony
import Testing

@Suite("Experts")
struct ExpertTests {
    private static let monday = WallTime("2026-03-02T10:00:00Z") ?? WallTime(millisecondsSince1970: 0)
    private static let night = WallTime("2026-03-02T20:00:00Z") ?? WallTime(millisecondsSince1970: 0)

    private static func directory() -> ExpertDirectory {
        let day = WeeklyHours(weekdays: 1...5, from: 9 * 60, to: 17 * 60)
        return ExpertDirectory([
            ExpertProfile(
                id: "noor", name: "Noor Aziz", skills: [Skill("tax", level: 8)], hours: day,
                address: .uri("sip:noor@example.com"), isTeams: true),
            ExpertProfile(
                id: "ida", name: "Ida Noordam", skills: [Skill("tax", level: 5), Skill("law", level: 9)],
                address: .uri("sip:ida@example.com")),
            ExpertProfile(
                id: "sam", name: "Sam Oduya", skills: [Skill("tax", level: 5)], hours: day,
                address: .registered("sip:sam@parley.test")),
        ])
    }

    private static func names(_ directory: ExpertDirectory, _ query: ExpertQuery, at time: WallTime) -> [ExpertID] {
        directory.experts(for: query, at: time).map(\.id)
    }

    @Test("the free are suggested, the best match first, then who was not asked for longest")
    func suggestions() {
        var directory = Self.directory()
        let tax = ExpertQuery.skills([SkillRequirement("tax", atLeast: 2)])
        #expect(Self.names(directory, tax, at: Self.monday) == ["noor", "ida", "sam"])
        #expect(Self.names(directory, tax, at: Self.night) == ["ida"])
        directory.joined("ida", call: "1")
        #expect(Self.names(directory, tax, at: Self.monday) == ["noor", "sam"])
        directory.left("ida", call: "1")
        #expect(Self.names(directory, tax, at: Self.monday) == ["noor", "sam", "ida"])
        directory.setBusy(true, "noor")
        #expect(directory.availability(of: "noor", at: Self.monday) == .busy)
        #expect(Self.names(directory, tax, at: Self.monday) == ["sam", "ida"])
        #expect(Self.names(directory, .skills([SkillRequirement("law")]), at: Self.night) == ["ida"])
    }

    @Test("a person is found by name, the exact one before a part")
    func persons() {
        let directory = Self.directory()
        #expect(Self.names(directory, .person("noor"), at: Self.monday) == ["noor", "ida"])
        #expect(Self.names(directory, .person("SAM ODUYA"), at: Self.monday) == ["sam"])
        #expect(Self.names(directory, .person("nobody"), at: Self.monday) == [])
        #expect(Self.names(directory, .person(""), at: Self.monday) == [])
    }

    @Test("a call that ends frees every expert in it")
    func callEnds() {
        var directory = Self.directory()
        directory.joined("noor", call: "1")
        directory.joined("ida", call: "1")
        let again = directory.joined("ida", call: "1")
        #expect(!again)
        directory.callEnded("1")
        #expect(directory.availability(of: "noor", at: Self.monday) == .free)
        #expect(directory.availability(of: "ida", at: Self.monday) == .free)
    }

    @Test(
        "hours are those of the place",
        arguments: [
            ("2026-03-02T08:59:59Z", 0, false), ("2026-03-02T09:00:00Z", 0, true), ("2026-03-02T16:59:59Z", 0, true),
            ("2026-03-02T17:00:00Z", 0, false), ("2026-03-01T10:00:00Z", 0, false), ("2026-03-02T08:00:00Z", 60, true),
            ("2026-03-01T23:30:00Z", 600, true), ("2026-03-06T23:30:00Z", 600, false),
            ("1969-12-29T10:00:00Z", 0, true),
        ])
    func hours(text: String, offset: Int, isOpen: Bool) throws {
        let hours = WeeklyHours(weekdays: 1...5, from: 540, to: 1_020, offsetInMinutes: offset)
        let time = try #require(WallTime(text))
        #expect(hours.contains(time) == isOpen)
    }
}
