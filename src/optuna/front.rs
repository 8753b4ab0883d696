//! The Pareto front: the trials that no other trial is better than in every respect.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::TOP;

/// How many pairs of trials are compared, where there are four objectives or more.
const MAX_COMPARISONS: usize = 40_000_000;

/// What trials came to, each objective so that less is better.
#[derive(Debug)]
pub(super) struct Points {
    objectives: usize,
    values: Vec<f64>,
}

/// A front, by the places of its points.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Front {
    pub(super) places: Vec<usize>,
    /// Whether all points were compared.
    pub(super) is_whole: bool,
}

impl Points {
    pub(super) fn new(objectives: usize) -> Self {
        Self { objectives, values: Vec::new() }
    }

    /// Adds a point, which has a value for each objective.
    pub(super) fn push(&mut self, values: impl Iterator<Item = f64>) {
        // So that the two zeros are one.
        self.values.extend(values.map(|value| value + 0.0));
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() / self.objectives
    }

    fn get(&self, place: usize) -> &[f64] {
        &self.values[place * self.objectives..][..self.objectives]
    }

    /// The points that no other one is at least as good as in each respect and better in one. Equal points are on it
    /// together.
    pub(super) fn front(&self) -> Front {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_unstable_by(|one, other| lexicographic(self.get(*one), self.get(*other)).then(one.cmp(other)));
        let mut front = match self.objectives {
            3 => self.by_stairs(&order),
            2 => self.by_sweep(&order),
            _ => self.by_comparison(&order),
        };
        front.places.sort_unstable();
        front
    }

    /// With two objectives: in order of the first one, a point is on the front if it is better in the second one than
    /// all before it.
    fn by_sweep(&self, order: &[usize]) -> Front {
        let mut places: Vec<usize> = Vec::new();
        for &place in order {
            let point = self.get(place);
            let last = places.last().map(|last| self.get(*last));
            if last.is_none_or(|last| point == last || point[1] < last[1]) {
                places.push(place);
            }
        }
        Front { places, is_whole: true }
    }

    /// The same with three objectives: the second and third ones of the points so far are kept as a staircase.
    fn by_stairs(&self, order: &[usize]) -> Front {
        let mut places: Vec<usize> = Vec::new();
        let mut stairs: BTreeMap<Ordered, f64> = BTreeMap::new();
        for &place in order {
            let point = self.get(place);
            if places.last().is_some_and(|last| self.get(*last) == point) {
                places.push(place);
                continue;
            }
            let (second, third) = (Ordered(point[1]), point[2]);
            if stairs.range(..=second).next_back().is_some_and(|(_, lowest)| *lowest <= third) {
                continue;
            }
            let above: Vec<Ordered> =
                stairs.range(second..).take_while(|(_, lowest)| **lowest >= third).map(|(key, _)| *key).collect();
            above.iter().for_each(|key| {
                stairs.remove(key);
            });
            stairs.insert(second, third);
            places.push(place);
        }
        Front { places, is_whole: true }
    }

    /// Each point is compared with all of the front so far: what is better comes earlier.
    fn by_comparison(&self, order: &[usize]) -> Front {
        let mut places: Vec<usize> = Vec::new();
        let mut comparisons = 0;
        for &place in order {
            comparisons += places.len();
            if comparisons > MAX_COMPARISONS {
                return Front { places, is_whole: false };
            }
            let point = self.get(place);
            if !places.iter().any(|other| dominates(self.get(*other), point)) {
                places.push(place);
            }
        }
        Front { places, is_whole: true }
    }

    /// Some of a front: the best by each objective, then those that are closest to the best in all.
    pub(super) fn top(&self, front: &[usize]) -> Vec<usize> {
        let by = |objective: usize| move |one: &&usize, other: &&usize| self.by(objective, **one, **other);
        let mut top: Vec<usize> = Vec::new();
        for objective in 0..self.objectives {
            let best = front.iter().filter(|place| !top.contains(place)).min_by(by(objective));
            top.extend(best.filter(|_| top.len() < TOP));
        }
        let ranges = self.ranges(front);
        let distance = |place: usize| -> f64 {
            let parts = self.get(place).iter().zip(&ranges).map(|(value, (low, high))| match high - low {
                width if width > 0.0 => ((value - low) / width).powi(2),
                _ if value.is_finite() => 0.0,
                _ => f64::INFINITY,
            });
            parts.sum()
        };
        let mut rest: Vec<(f64, usize)> =
            front.iter().filter(|place| !top.contains(place)).map(|place| (distance(*place), *place)).collect();
        rest.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        top.extend(rest.into_iter().map(|(_, place)| place).take(TOP - top.len().min(TOP)));
        top
    }

    fn by(&self, objective: usize, one: usize, other: usize) -> Ordering {
        self.get(one)[objective].total_cmp(&self.get(other)[objective]).then(one.cmp(&other))
    }

    /// The lowest and the highest finite value of each objective.
    fn ranges(&self, front: &[usize]) -> Vec<(f64, f64)> {
        let range = |objective: usize| {
            let finite = front.iter().map(|place| self.get(*place)[objective]).filter(|value| value.is_finite());
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        (0..self.objectives).map(range).collect()
    }
}

fn lexicographic(one: &[f64], other: &[f64]) -> Ordering {
    let mut orders = one.iter().zip(other).map(|(one, other)| one.total_cmp(other));
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn dominates(one: &[f64], other: &[f64]) -> bool {
    one.iter().zip(other).all(|(one, other)| one <= other) && one != other
}

/// A number that sorts.
#[derive(Clone, Copy, Debug)]
struct Ordered(f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(rows: &[Vec<f64>]) -> Points {
        let mut points = Points::new(rows[0].len());
        rows.iter().for_each(|row| points.push(row.iter().copied()));
        points
    }

    /// By its definition.
    fn naive(rows: &[Vec<f64>]) -> Vec<usize> {
        let is_on_it = |place: &usize| !rows.iter().any(|other| dominates(other, &rows[*place]));
        (0..rows.len()).filter(is_on_it).collect()
    }

    /// A few values, so that many are equal.
    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => (0..6_i8).prop_map(f64::from),
            1 => Just(f64::INFINITY),
            1 => Just(f64::NEG_INFINITY),
            1 => Just(-0.0),
        ]
    }

    proptest! {
        #[test]
        fn a_front_is_what_its_definition_says(
            rows in (2..=5_usize).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(value(), width), 1..40))
        ) {
            let front = points(&rows).front();
            prop_assert!(front.is_whole);
            prop_assert_eq!(front.places, naive(&rows));
        }

        #[test]
        fn its_top_is_a_part_of_it_without_repeats_and_holds_the_best_by_each_objective(
            rows in (2..=5_usize).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(value(), width), 1..40))
        ) {
            let points = points(&rows);
            let front = points.front().places;
            let top = points.top(&front);
            let mut distinct = top.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), front.len().min(TOP));
            prop_assert!(top.iter().all(|place| front.contains(place)));
            let least = |places: &[usize], objective: usize| {
                places.iter().map(|place| rows[*place][objective] + 0.0).min_by(f64::total_cmp)
            };
            for objective in 0..points.objectives {
                prop_assert_eq!(least(&top, objective), least(&front, objective));
            }
        }
    }

    #[test]
    fn the_balanced_come_behind_the_best_by_each_objective() {
        let rows: Vec<Vec<f64>> = (0..=10).map(f64::from).map(|x| vec![x, (10.0 - x).powi(2)]).collect();
        let points = points(&rows);
        let front = points.front().places;
        assert_eq!(points.top(&front), [0, 10, 4, 5, 3]);
    }

    #[test]
    fn where_comparing_would_take_too_long_the_front_is_not_whole() {
        let rows: Vec<Vec<f64>> = (0..10_000).map(f64::from).map(|x| vec![x, -x, x.sin(), x.cos()]).collect();
        assert!(!points(&rows).front().is_whole);
    }
}
