/// Something that an agent or an expert knows, and how well.
package struct Skill: Hashable, Sendable {
    package var name: String
    /// From 1, a beginner, to 10.
    package var level: Int

    package init(_ name: String, level: Int = 1) {
        self.name = name
        self.level = min(10, max(1, level))
    }
}

/// A skill that a call needs.
package struct SkillRequirement: Hashable, Sendable {
    package var name: String
    /// Who knows it less well does not get the call. From 1 to 10.
    package var minimumLevel: Int

    package init(_ name: String, atLeast minimumLevel: Int = 1) {
        self.name = name
        self.minimumLevel = min(10, max(1, minimumLevel))
    }
}

extension [Skill] {
    /// How well these skills fit: the sum of the levels of the required ones; `nil` when one is missing or too low.
    /// Without requirements everybody fits equally well.
    package func match(_ requirements: [SkillRequirement]) -> Int? {
        var sum = 0
        for requirement in requirements {
            guard let skill = first(where: { $0.name == requirement.name }), skill.level >= requirement.minimumLevel
            else { return nil }
            sum += skill.level
        }
        return sum
    }
}
