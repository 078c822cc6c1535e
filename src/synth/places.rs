//! Where families live: the region of one run, its areas (one per child health system), its
//! postcode districts, and addresses made up within them.

use super::dice::{Dice, Weighted};
use super::names::lines;
use super::rates::Rates;
use crate::error::Error;
use std::collections::BTreeMap;

const DISTRICTS: &str = include_str!("../../data/population/districts.csv");
const POST_TOWNS: &str = include_str!("../../data/population/post_towns.csv");

/// Children from birth to nineteen in one postcode district, roughly: 13 million in some 2,400.
const CHILDREN_PER_DISTRICT: usize = 5_000;
/// Children who share one postcode, roughly.
const CHILDREN_PER_POSTCODE: usize = 9;
/// Letters that an inward code may hold.
const INWARD_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";
const STREETS: &[&str] = &[
    "Church",
    "Station",
    "Victoria",
    "Park",
    "Mill",
    "Green",
    "Manor",
    "Kings",
    "Queens",
    "Albert",
    "Alexandra",
    "York",
    "Windsor",
    "Grange",
    "Springfield",
    "Highfield",
    "Orchard",
    "Chestnut",
    "Beech",
    "Oak",
    "Ash",
    "Willow",
    "Cedar",
    "Elm",
    "Maple",
    "Lime",
    "Rowan",
    "Poplar",
    "Hawthorn",
    "Linden",
    "North",
    "South",
    "West",
    "East",
    "New",
    "School",
    "Bridge",
    "Castle",
    "Abbey",
    "Priory",
    "Clarence",
    "Stanley",
    "Derby",
    "Nelson",
    "Wellington",
    "Cromwell",
    "Milton",
    "Byron",
    "Shelley",
    "Tennyson",
    "Kingsley",
    "Cavendish",
    "Devonshire",
    "Cambridge",
    "Oxford",
    "Warwick",
    "Lincoln",
    "Durham",
    "Salisbury",
    "Winchester",
];
const STREET_KINDS: &[&str] =
    &["Road", "Street", "Avenue", "Close", "Lane", "Drive", "Crescent", "Gardens", "Terrace", "Way", "Grove", "Court"];

/// A home: a postcode and what tells it from the others there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    /// Place in the list of districts.
    pub(super) district: u16,
    unit: u16,
    house: u8,
    flat: u8,
}

/// One postcode district.
struct District {
    code: &'static str,
    town: &'static str,
    sectors: &'static [u8],
    position: (f64, f64),
    weight: f64,
    /// The area that holds it, if it lies in the region.
    area: Option<usize>,
    /// Postcodes in use.
    units: usize,
    /// The nearest districts of other areas.
    neighbours: Vec<u16>,
}

/// The region of one run and what lies around it.
pub(super) struct Places {
    districts: Vec<District>,
    inside: Weighted<u16>,
    by_area: Vec<Weighted<u16>>,
    outside: Weighted<u16>,
}

impl Places {
    /// Chooses a region for so many children and divides it into areas of like population.
    ///
    /// # Errors
    /// `synth/population` when the lists do not read.
    pub(super) fn choose(rates: &Rates, children: usize, areas: usize, dice: &mut Dice) -> Result<Places, Error> {
        let mut districts = read_districts(rates)?;
        let mut nearest: Vec<u16> =
            (0..districts.len() as u16).filter(|&d| districts[usize::from(d)].weight > 0.0).collect();
        let centre = *Weighted::new(nearest.iter().map(|&d| (d, districts[usize::from(d)].weight))).draw(dice);
        let centre = districts[usize::from(centre)].position;
        nearest.sort_by(|&a, &b| {
            let away = |d: u16| distance(districts[usize::from(d)].position, centre);
            away(a).total_cmp(&away(b)).then(a.cmp(&b))
        });
        let wanted = (children / CHILDREN_PER_DISTRICT).max(2 * areas).min(nearest.len() * 9 / 10);
        let mut region = nearest[..wanted].to_vec();
        divide(&mut districts, &mut region, 0, areas);

        let total: f64 = region.iter().map(|&d| districts[usize::from(d)].weight).sum();
        for &d in &region {
            let district = &mut districts[usize::from(d)];
            let population = children as f64 * district.weight / total;
            let most = district.sectors.len() * INWARD_LETTERS.len() * INWARD_LETTERS.len();
            district.units = (population as usize / CHILDREN_PER_POSTCODE).clamp(40, most);
        }
        for &d in &region {
            let here = &districts[usize::from(d)];
            let mut others: Vec<u16> =
                region.iter().copied().filter(|&o| districts[usize::from(o)].area != here.area).collect();
            others.sort_by(|&a, &b| {
                let away = |o: u16| distance(districts[usize::from(o)].position, here.position);
                away(a).total_cmp(&away(b)).then(a.cmp(&b))
            });
            others.truncate(24);
            districts[usize::from(d)].neighbours = others;
        }
        let weighted =
            |list: &mut dyn Iterator<Item = u16>| Weighted::new(list.map(|d| (d, districts[usize::from(d)].weight)));
        let inside = weighted(&mut region.iter().copied());
        let by_area = (0..areas)
            .map(|area| weighted(&mut region.iter().copied().filter(|&d| districts[usize::from(d)].area == Some(area))))
            .collect();
        let outside = weighted(&mut nearest[wanted..].iter().copied());
        Ok(Places { inside, by_area, outside, districts })
    }

    /// The area that a home lies in; `None` outside the region.
    pub(super) fn area(&self, home: Home) -> Option<usize> {
        self.districts[usize::from(home.district)].area
    }

    /// A home in the region.
    pub(super) fn inside(&self, dice: &mut Dice) -> Home {
        let district = *self.inside.draw(dice);
        self.home_in(district, dice)
    }

    /// A home elsewhere.
    pub(super) fn outside(&self, dice: &mut Dice) -> Home {
        let district = *self.outside.draw(dice);
        self.home_in(district, dice)
    }

    /// Where a family goes from here.
    pub(super) fn move_from(&self, home: Home, rates: &Rates, dice: &mut Dice) -> Home {
        let life = &rates.life;
        let Some(area) = self.area(home) else {
            return if dice.chance(0.3) { self.inside(dice) } else { self.outside(dice) };
        };
        let point = dice.unit();
        let near = life.move_within_district + life.move_within_area;
        let neighbours = &self.districts[usize::from(home.district)].neighbours;
        if point < life.move_within_district {
            self.home_in(home.district, dice)
        } else if point < near {
            let district = *self.by_area[area].draw(dice);
            self.home_in(district, dice)
        } else if point < near + life.move_to_other_area && !neighbours.is_empty() {
            let district = *dice.pick(neighbours);
            self.home_in(district, dice)
        } else {
            self.outside(dice)
        }
    }

    /// Another home in the same district.
    pub(super) fn home_in(&self, district: u16, dice: &mut Dice) -> Home {
        let units = self.districts[usize::from(district)].units;
        let flat = if dice.chance(0.2) { 1 + dice.below(30) as u8 } else { 0 };
        Home { district, unit: dice.below(units) as u16, house: 1 + dice.below(98) as u8, flat }
    }

    /// The postcode with one space.
    pub(super) fn postcode(&self, home: Home) -> String {
        let district = &self.districts[usize::from(home.district)];
        let sector = usize::from(home.unit) % district.sectors.len();
        // 171 has no factor in common with 400: every unit gets its own letters.
        let letters = (usize::from(home.unit) / district.sectors.len() * 171 + usize::from(home.district) * 7) % 400;
        format!(
            "{} {}{}{}",
            district.code,
            district.sectors[sector] as char,
            INWARD_LETTERS[letters / 20] as char,
            INWARD_LETTERS[letters % 20] as char
        )
    }

    /// The first two lines as most systems hold them: the flat if any, then number and street.
    pub(super) fn street(&self, home: Home) -> (Option<String>, String) {
        let mix = usize::from(home.district) * 31 + usize::from(home.unit) * 17;
        let street =
            format!("{} {}", STREETS[mix % STREETS.len()], STREET_KINDS[(mix / STREETS.len()) % STREET_KINDS.len()]);
        ((home.flat > 0).then(|| format!("Flat {}", home.flat)), format!("{} {street}", home.house))
    }

    /// The post town.
    pub(super) fn town(&self, home: Home) -> &'static str {
        self.districts[usize::from(home.district)].town
    }

    /// A property reference number of twelve figures, one per home.
    pub(super) fn uprn(&self, home: Home) -> u64 {
        let within = (u64::from(home.unit) * 100 + u64::from(home.house)) * 31 + u64::from(home.flat);
        100_000_000_000 + u64::from(home.district) * 40_000_000 + within
    }

    /// The practice that most children of the street are registered with.
    pub(super) fn practice(&self, home: Home) -> String {
        let number = usize::from(home.district) * 8 + usize::from(home.unit) % 6;
        format!("{}8{:04}", (b'A' + (number / 10_000) as u8) as char, number % 10_000)
    }
}

fn read_districts(rates: &Rates) -> Result<Vec<District>, Error> {
    let towns: BTreeMap<&str, (&'static str, &'static str)> =
        lines(POST_TOWNS).map(|[area, town, region]| (area, (town, region))).collect();
    let mut seen: BTreeMap<&str, f64> = BTreeMap::new();
    let mut districts = Vec::new();
    let mut regions = Vec::new();
    for [code, _trust, latitude, longitude, postcodes, sectors] in lines(DISTRICTS) {
        let letters = code.trim_end_matches(|c: char| !c.is_ascii_alphabetic());
        let letters = &letters[..letters.find(|c: char| c.is_ascii_digit()).unwrap_or(letters.len())];
        let broken =
            || Error::new("synth/population", format!("district {code} does not read"), "rebuild districts.csv");
        let (town, region) = *towns.get(letters).ok_or_else(broken)?;
        let number = |text: &str| text.parse::<f64>().map_err(|_| broken());
        let weight = number(postcodes)?;
        *seen.entry(region).or_default() += weight;
        regions.push(region);
        districts.push(District {
            code,
            town,
            sectors: sectors.as_bytes(),
            // A degree of longitude is about 0.6 of a degree of latitude here.
            position: (number(latitude)?, number(longitude)? * 0.6),
            weight,
            area: None,
            units: 400,
            neighbours: Vec::new(),
        });
    }
    for (district, region) in districts.iter_mut().zip(regions) {
        // NHS numbers of the 400 to 799 range are issued in England and Wales only.
        let births = if matches!(region, "scotland" | "northern-ireland") {
            0.0
        } else {
            rates.region_weight.get(region).copied().unwrap_or(0.0)
        };
        district.weight *= births / seen[region];
    }
    Ok(districts)
}

/// Halves the districts by population, along the longer side, until each part is one area.
fn divide(districts: &mut [District], part: &mut [u16], first: usize, areas: usize) {
    if areas <= 1 {
        for &d in part.iter() {
            districts[usize::from(d)].area = Some(first);
        }
        return;
    }
    let spread = |axis: fn((f64, f64)) -> f64| {
        let values = part.iter().map(|&d| axis(districts[usize::from(d)].position));
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    };
    let axis: fn((f64, f64)) -> f64 = if spread(|p| p.0) > spread(|p| p.1) { |p| p.0 } else { |p| p.1 };
    part.sort_by(|&a, &b| {
        let along = |d: u16| axis(districts[usize::from(d)].position);
        along(a).total_cmp(&along(b)).then(a.cmp(&b))
    });
    let left_areas = areas / 2;
    let total: f64 = part.iter().map(|&d| districts[usize::from(d)].weight).sum();
    let mut sum = 0.0;
    let cut = part
        .iter()
        .position(|&d| {
            sum += districts[usize::from(d)].weight;
            sum >= total * left_areas as f64 / areas as f64
        })
        .unwrap_or(0)
        .clamp(left_areas, part.len() - (areas - left_areas));
    let (left, right) = part.split_at_mut(cut);
    divide(districts, left, first, left_areas);
    divide(districts, right, first + left_areas, areas - left_areas);
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)
}
