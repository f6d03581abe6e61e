/// Places boxes in layers, one below the other, so that nearly all arrows point down (the method of Sugiyama, Tagawa and
/// Toda, 1981): edges that close a cycle are turned round, boxes are ranked by the longest path, long edges get a
/// waypoint in every layer, layers are ordered by barycentres, and x is chosen so that edges run straight.
///
/// Lengths are in pixels, y downwards. The same input gives the same layout.
struct LayeredLayout {
    struct Size {
        var width: Double
        var height: Double
    }

    struct Point: Equatable {
        var x: Double
        var y: Double
    }

    struct Edge {
        var from: Int
        var to: Int
        /// Room for its label; zero without one.
        var label: Size
        /// How hard it pulls its ends below each other.
        var pull = 1.0
    }

    /// How an edge runs.
    struct Route {
        /// From the box it leaves to the box it comes to.
        var points: [Point]
        /// The middle of its label.
        var label: Point?
        /// It points up: it closes a cycle.
        var isBack: Bool
    }

    /// The middle of each box.
    private(set) var centres: [Point] = []
    private(set) var routes: [Route] = []
    private(set) var size = Size(width: 0, height: 0)

    private let sizes: [Size]
    private let edges: [Edge]
    private var isTurned: [Bool] = []
    private var rank: [Int] = []
    /// Boxes and waypoints; the boxes come first.
    private var items: [Item] = []
    /// The items of each edge, from the upper to the lower box.
    private var chains: [[Int]] = []
    private var layers: [[Int]] = []

    private struct Item {
        var width: Double
        var height: Double
        var rank: Int
        var isWaypoint: Bool
        var x = 0.0
        var above: [Int] = []
        var below: [Int] = []
        /// How hard each neighbour pulls.
        var pullAbove: [Double] = []
        var pullBelow: [Double] = []
    }

    /// Waypoints of all edges together.
    private static let waypointBudget = 12_000

    private enum Gap {
        static let besides = 22.0
        static let waypoint = 10.0
        static let layer = 19.0
    }

    init(sizes: [Size], edges: [Edge], roots: [Int]) {
        self.sizes = sizes
        self.edges = edges
        turnCycles(roots)
        rankBoxes()
        addWaypoints()
        order()
        placeColumns()
        finish()
    }

    // MARK: - Cycles and ranks

    private mutating func turnCycles(_ roots: [Int]) {
        isTurned = edges.map { _ in false }
        var outgoing = [[Int]](repeating: [], count: sizes.count)
        for (index, edge) in edges.enumerated() { outgoing[edge.from].append(index) }
        var state = [UInt8](repeating: 0, count: sizes.count)
        for root in roots + Array(sizes.indices) where state[root] == 0 {
            var stack: [(box: Int, next: Int)] = [(root, 0)]
            state[root] = 1
            while let (box, next) = stack.last {
                guard next < outgoing[box].count else {
                    state[box] = 2
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let edge = outgoing[box][next]
                let target = edges[edge].to
                if state[target] == 1 {
                    isTurned[edge] = true
                } else if state[target] == 0 {
                    state[target] = 1
                    stack.append((target, 0))
                }
            }
        }
    }

    /// Even ranks hold boxes, odd ones labels.
    private mutating func rankBoxes() {
        rank = Array(repeating: 0, count: sizes.count)
        var incoming = [Int](repeating: 0, count: sizes.count)
        for (index, edge) in edges.enumerated() where edge.from != edge.to { incoming[ends(index).lower] += 1 }
        var outgoing = [[Int]](repeating: [], count: sizes.count)
        for (index, edge) in edges.enumerated() where edge.from != edge.to { outgoing[ends(index).upper].append(index) }
        var ready = sizes.indices.filter { incoming[$0] == 0 }
        while let box = ready.popLast() {
            for edge in outgoing[box] {
                let lower = ends(edge).lower
                rank[lower] = max(rank[lower], rank[box] + 2)
                incoming[lower] -= 1
                if incoming[lower] == 0 { ready.append(lower) }
            }
        }
    }

    private func ends(_ edge: Int) -> (upper: Int, lower: Int) {
        isTurned[edge] ? (edges[edge].to, edges[edge].from) : (edges[edge].from, edges[edge].to)
    }

    private mutating func addWaypoints() {
        var budget = LayeredLayout.waypointBudget
        items = sizes.enumerated().map {
            Item(width: $1.width, height: $1.height, rank: rank[$0], isWaypoint: false)
        }
        for (index, edge) in edges.enumerated() {
            guard edge.from != edge.to else {
                chains.append([])
                continue
            }
            let (upper, lower) = ends(index)
            var chain = [upper]
            // A drawing of so many long arrows cannot be read anyway: the rest of them run straight.
            let isStraight = rank[lower] - rank[upper] > budget
            if !isStraight { budget -= rank[lower] - rank[upper] }
            let end = isStraight ? rank[upper] + 1 : max(rank[upper] + 1, rank[lower])
            for layer in (rank[upper] + 1)..<end {
                let isLabel = layer == (isTurned[index] ? rank[lower] - 1 : rank[upper] + 1) && edge.label.width > 0
                items.append(
                    Item(
                        width: isLabel ? edge.label.width : 2, height: isLabel ? edge.label.height : 0, rank: layer,
                        isWaypoint: true))
                chain.append(items.count - 1)
            }
            chain.append(lower)
            for (a, b) in zip(chain, chain.dropFirst()) {
                let isStraight = items[a].isWaypoint && items[b].isWaypoint
                let pull = (isStraight ? 8 : 1) * (isTurned[index] ? min(0.1, edge.pull) : edge.pull)
                items[a].below.append(b)
                items[a].pullBelow.append(pull)
                items[b].above.append(a)
                items[b].pullAbove.append(pull)
            }
            chains.append(chain)
        }
        layers = Array(repeating: [], count: (items.map(\.rank).max() ?? 0) + 1)
    }

    // MARK: - Order within a layer

    private mutating func order() {
        // Depth first from the top, so that what belongs together begins side by side.
        var seen = [Bool](repeating: false, count: items.count)
        var stack = items.indices.filter { items[$0].above.isEmpty }.reversed().map { $0 }
        while let item = stack.popLast() {
            guard !seen[item] else { continue }
            seen[item] = true
            layers[items[item].rank].append(item)
            stack += items[item].below.reversed()
        }
        var best = layers
        var fewest = crossings()
        for round in 0..<(items.count < 4_000 ? 24 : 6) where fewest > 0 {
            let isDown = round % 2 == 0
            for layer in isDown ? Array(layers.indices.dropFirst()) : layers.indices.dropLast().reversed() {
                sort(layer, by: isDown ? \.above : \.below)
            }
            let now = crossings()
            if now < fewest {
                fewest = now
                best = layers
            }
        }
        layers = best
    }

    private mutating func sort(_ layer: Int, by neighbours: KeyPath<Item, [Int]>) {
        var position: [Int: Double] = [:]
        for other in layers.indices where abs(other - layer) == 1 {
            for (index, item) in layers[other].enumerated() { position[item] = Double(index) }
        }
        let current = Dictionary(uniqueKeysWithValues: layers[layer].enumerated().map { ($1, Double($0)) })
        let centre = Dictionary(
            uniqueKeysWithValues: layers[layer].map { item -> (Int, Double) in
                let near = items[item][keyPath: neighbours].compactMap { position[$0] }
                return (item, near.isEmpty ? current[item] ?? 0 : near.reduce(0, +) / Double(near.count))
            })
        layers[layer].sort { a, b in
            (centre[a] ?? 0, current[a] ?? 0) < (centre[b] ?? 0, current[b] ?? 0)
        }
    }

    private func crossings() -> Int {
        var total = 0
        for layer in layers.dropLast() {
            var position: [Int: Int] = [:]
            guard let first = layer.first, items[first].rank + 1 < layers.count else { continue }
            for (index, item) in layers[items[first].rank + 1].enumerated() { position[item] = index }
            let ends = layer.flatMap { items[$0].below.compactMap { position[$0] }.sorted() }
            total += LayeredLayout.inversions(ends, below: position.count)
        }
        return total
    }

    /// How many pairs of numbers from 0 stand in the wrong order, by a binary indexed tree.
    private static func inversions(_ numbers: [Int], below bound: Int) -> Int {
        var tree = [Int](repeating: 0, count: bound + 1)
        var total = 0
        for (count, number) in numbers.enumerated() {
            var index = number + 1
            var notAbove = 0
            while index > 0 {
                notAbove += tree[index]
                index -= index & -index
            }
            total += count - notAbove
            index = number + 1
            while index <= bound {
                tree[index] += 1
                index += index & -index
            }
        }
        return total
    }

    // MARK: - Columns

    private mutating func placeColumns() {
        for layer in layers {
            var x = 0.0
            for item in layer {
                items[item].x = x + items[item].width / 2
                x += items[item].width + Gap.besides
            }
        }
        // In the end each box hangs below what leads to it, and the waypoints give way.
        let last = items.count < 4_000 ? 241 : 100
        for round in 0..<last {
            let isDown = round % 2 == 0
            for layer in isDown ? Array(layers.indices) : layers.indices.reversed() {
                place(
                    layer, usesBoth: round >= 12 && !(80..<91).contains(round), isDown: isDown, holdsBoxes: round > 90)
            }
        }
    }

    /// Moves the items of a layer to where their neighbours are, as near as the order and the gaps allow: a weighted
    /// least-squares fit by pooling adjacent violators.
    private mutating func place(_ layer: Int, usesBoth: Bool, isDown: Bool, holdsBoxes: Bool) {
        struct Pool {
            var weight: Double
            var sum: Double
            var items: [Int]
            var mean: Double { sum / weight }
        }
        var offset: [Double] = []
        var distance = 0.0
        var pools: [Pool] = []
        for (index, item) in layers[layer].enumerated() {
            if index > 0 {
                let previous = layers[layer][index - 1]
                let gap =
                    items[item].isWaypoint && items[previous].isWaypoint ? Gap.waypoint : Gap.besides
                distance += (items[previous].width + items[item].width) / 2 + gap
            }
            offset.append(distance)
            let isHeld = holdsBoxes && !items[item].isWaypoint
            let (target, weight) =
                isHeld ? (items[item].x, 1e6) : wanted(item, usesBoth: usesBoth, isDown: isDown)
            pools.append(Pool(weight: weight, sum: weight * (target - distance), items: [index]))
            while pools.count > 1, pools[pools.count - 2].mean > pools[pools.count - 1].mean {
                let last = pools.removeLast()
                pools[pools.count - 1].weight += last.weight
                pools[pools.count - 1].sum += last.sum
                pools[pools.count - 1].items += last.items
            }
        }
        for pool in pools {
            for index in pool.items { items[layers[layer][index]].x = pool.mean + offset[index] }
        }
    }

    private func wanted(_ item: Int, usesBoth: Bool, isDown: Bool) -> (x: Double, weight: Double) {
        let box = items[item]
        let near = usesBoth ? box.above + box.below : isDown ? box.above : box.below
        let pulls = usesBoth ? box.pullAbove + box.pullBelow : isDown ? box.pullAbove : box.pullBelow
        guard !near.isEmpty else { return (box.x, 0.1) }
        var (sum, weight) = (0.0, 0.0)
        for (other, pull) in zip(near, pulls) {
            sum += pull * items[other].x
            weight += pull
        }
        return (sum / weight, weight)
    }

    // MARK: - Result

    private mutating func finish() {
        let left = items.map { $0.x - $0.width / 2 }.min() ?? 0
        for index in items.indices { items[index].x -= left }
        var tops: [Double] = []
        var heights: [Double] = []
        var y = 0.0
        for layer in layers {
            let height = layer.map { items[$0].height }.max() ?? 0
            tops.append(y)
            heights.append(height)
            y += height + Gap.layer
        }
        size = Size(width: items.map { $0.x + $0.width / 2 }.max() ?? 0, height: max(0, y - Gap.layer))
        func middle(_ item: Int) -> Double {
            let rank = items[item].rank
            // Boxes hang from the top of their layer.
            return tops[rank] + (items[item].isWaypoint ? heights[rank] : items[item].height) / 2
        }
        centres = sizes.indices.map { Point(x: items[$0].x, y: middle($0)) }
        routes = edges.indices.map { route($0, tops, heights, middle) }
    }

    private func route(
        _ edge: Int, _ tops: [Double], _ heights: [Double], _ middle: (Int) -> Double
    ) -> Route {
        let chain = chains[edge]
        guard chain.count > 1, let upper = chain.first, let lower = chain.last else {
            return Route(points: [], label: nil, isBack: true)
        }
        var points = [Point(x: port(edge, at: upper, isBelow: true), y: middle(upper) + items[upper].height / 2)]
        var label: Point?
        for item in chain.dropFirst().dropLast() {
            let rank = items[item].rank
            if items[item].width > 2 { label = Point(x: items[item].x, y: middle(item)) }
            points.append(Point(x: items[item].x, y: tops[rank]))
            if heights[rank] > 0 { points.append(Point(x: items[item].x, y: tops[rank] + heights[rank])) }
        }
        points.append(Point(x: port(edge, at: lower, isBelow: false), y: middle(lower) - items[lower].height / 2))
        return Route(points: isTurned[edge] ? points.reversed() : points, label: label, isBack: isTurned[edge])
    }

    /// Where an edge touches a box: as near below or above its next point as the box and the other edges let it.
    private func port(_ edge: Int, at box: Int, isBelow: Bool) -> Double {
        let touching = chains.indices.filter { index in
            guard chains[index].count > 1 else { return false }
            return (isBelow ? chains[index].first : chains[index].last) == box
        }
        let sorted = touching.sorted { a, b in (neighbour(a, isBelow).x, a) < (neighbour(b, isBelow).x, b) }
        guard let place = sorted.firstIndex(of: edge) else { return items[box].x }
        let reach = max(0, items[box].width / 2 - 14)
        let gap = sorted.count > 1 ? min(16, 2 * reach / Double(sorted.count - 1)) : 0
        var ports = sorted.map { max(-reach, min(reach, neighbour($0, isBelow).x - items[box].x)) }
        for index in ports.indices.dropFirst() { ports[index] = max(ports[index], ports[index - 1] + gap) }
        for index in ports.indices.reversed() {
            let right = index + 1 < ports.count ? ports[index + 1] - gap : reach
            ports[index] = min(ports[index], right)
        }
        return items[box].x + ports[place]
    }

    private func neighbour(_ edge: Int, _ isBelow: Bool) -> Item {
        isBelow ? items[chains[edge][1]] : items[chains[edge][chains[edge].count - 2]]
    }
}
