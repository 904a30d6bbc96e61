//! Draws what was measured: `results.json` becomes `tests/bench/results.svg`, and the table goes into the README beside it.

use std::{env, fmt::Write, fs, path::PathBuf};

use bench::{
    Error,
    measure::{
        results::{Results, Target},
        table,
    },
};

const WIDTH: f64 = 900.0;
/// Where bars begin, and how long the longest can be.
const LEFT: f64 = 372.0;
const LENGTH: f64 = 390.0;
/// Longer bars are cut off; their figure is beside them.
const MOST_TIMES: f64 = 3.0;
const FONT: &str = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif";

const INK: &str = "#1f2328";
const FAINT: &str = "#656d76";
const RULE: &str = "#d1d9e0";
const OURS: &str = "#0969da";
const OURS_LIGHT: &str = "#b6d7ff";
const OTHERS: &str = "#6e7781";
const OTHERS_LIGHT: &str = "#d4d9de";
const LIMIT: &str = "#cf222e";

fn main() -> Result<(), Error> {
    let directory = PathBuf::from(env::var_os("BENCH_DIRECTORY").ok_or("start this by tests/bench/run")?);
    let results = Results::read(&directory.join("results.json"))?;
    let documentation = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::write(documentation.join("results.svg"), draw(&results)?)?;
    table::put_between_marks(&documentation.join("README.md"), "results", &table::markdown(&results)?)
}

fn draw(results: &Results) -> Result<String, Error> {
    let mut drawing = Drawing { body: String::new(), y: 36.0 };
    drawing.heading("Requests per second of processor time", "what one core answers; more is better")?;
    requests(&mut drawing, results)?;
    drawing.y += 28.0;
    drawing.heading(
        "Processor time per request, as a multiple",
        "less is better; red: not to be exceeded; grey: exceeded",
    )?;
    ratios(&mut drawing, results)?;
    drawing.y += 14.0;
    let machine = &results.machine;
    let note = format!(
        "{}, commit {}, {}, {} cores; medians of {} turns",
        machine.date,
        machine.commit,
        machine.processor,
        machine.cores,
        results.rounds * results.turns
    );
    drawing.text(24.0, Text { anchor: "start", size: 11, colour: FAINT, bold: false }, &note)?;
    let height = drawing.y + 20.0;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" height=\"{height:.0}\" \
         role=\"img\" aria-label=\"Requests per second, and processor time per request\" font-family=\"{FONT}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
        drawing.body
    ))
}

/// Two bars for each server: its guarded route, and above it the unguarded one.
fn requests(drawing: &mut Drawing, results: &Results) -> Result<(), Error> {
    let pairs = table::guarded_and_plain(results);
    let rate = |target: &Target| 1e6 / target.microseconds();
    let most = results.targets.iter().map(rate).fold(1.0, f64::max);
    for (guarded, plain) in pairs {
        let (Some(guarded), Some(plain)) = (results.targets.get(guarded), results.targets.get(plain)) else { continue };
        let ours = guarded.server.starts_with("ours");
        let (dark, light) = if ours { (OURS, OURS_LIGHT) } else { (OTHERS, OTHERS_LIGHT) };
        for (what, target, colour) in [("unguarded", plain, light), ("guarded", guarded, dark)] {
            let rate = rate(target);
            if what == "guarded" {
                drawing.label(&guarded.server, ours, -4.0)?;
            }
            drawing.bar(LEFT, rate / most * LENGTH, 13.0, colour)?;
            let text = Text { anchor: "start", size: 11, colour: FAINT, bold: false };
            drawing.text(LEFT + rate / most * LENGTH + 6.0, text, &format!("{} {what}", thousands(rate)))?;
            drawing.y += 15.0;
        }
        drawing.y += 9.0;
    }
    Ok(())
}

/// A bar for each comparison, with its spread, its limit, and a rule at 1.
fn ratios(drawing: &mut Drawing, results: &Results) -> Result<(), Error> {
    let mut most: f64 = 1.2;
    for row in &results.rows {
        most = most.max(results.ratio(row)?.median).max(row.at_most.unwrap_or_default());
    }
    let most = most.min(MOST_TIMES);
    let at = |ratio: f64| LEFT + (ratio / most).min(1.06) * LENGTH;
    let top = drawing.y - 14.0;
    for row in &results.rows {
        let ratio = results.ratio(row)?;
        let within = row.at_most.is_none_or(|limit| ratio.median <= limit);
        drawing.label(&row.what, false, 0.0)?;
        drawing.bar(LEFT, at(ratio.median) - LEFT, 13.0, if within { OURS } else { OTHERS })?;
        let middle = drawing.y - 4.0;
        drawing.line((at(ratio.least), middle), (at(ratio.most), middle), INK, 1.0)?;
        if let Some(limit) = row.at_most {
            drawing.line((at(limit), middle - 9.0), (at(limit), middle + 9.0), LIMIT, 2.5)?;
        }
        let end = at(ratio.most.max(ratio.median).max(row.at_most.unwrap_or_default()));
        let text = Text { anchor: "start", size: 11, colour: INK, bold: true };
        drawing.text(end + 7.0, text, &format!("{:.2}", ratio.median))?;
        drawing.y += 23.0;
    }
    let bottom = drawing.y - 12.0;
    drawing.line((at(1.0), top), (at(1.0), bottom), INK, 1.0)?;
    drawing.y = bottom + 14.0;
    drawing.text(at(1.0), Text { anchor: "middle", size: 11, colour: FAINT, bold: false }, "1")?;
    drawing.y += 8.0;
    Ok(())
}

#[derive(Clone, Copy)]
struct Text {
    anchor: &'static str,
    size: u32,
    colour: &'static str,
    bold: bool,
}

/// What is drawn, from the top down.
struct Drawing {
    body: String,
    y: f64,
}

impl Drawing {
    fn heading(&mut self, title: &str, note: &str) -> Result<(), Error> {
        self.text(24.0, Text { anchor: "start", size: 16, colour: INK, bold: true }, title)?;
        self.text(WIDTH - 24.0, Text { anchor: "end", size: 12, colour: FAINT, bold: false }, note)?;
        self.line((24.0, self.y + 9.0), (WIDTH - 24.0, self.y + 9.0), RULE, 1.0)?;
        self.y += 34.0;
        Ok(())
    }

    fn label(&mut self, text: &str, bold: bool, lift: f64) -> Result<(), Error> {
        self.y += lift;
        self.text(LEFT - 10.0, Text { anchor: "end", size: 12, colour: INK, bold }, text)?;
        self.y -= lift;
        Ok(())
    }

    fn text(&mut self, x: f64, style: Text, text: &str) -> Result<(), Error> {
        let Text { anchor, size, colour, bold } = style;
        let weight = if bold { "600" } else { "400" };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" font-weight=\"{weight}\" fill=\"{colour}\">{text}</text>",
            self.y
        )?;
        Ok(())
    }

    fn bar(&mut self, x: f64, length: f64, height: f64, colour: &str) -> Result<(), Error> {
        let y = self.y - height + 2.5;
        writeln!(
            self.body,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"2\" fill=\"{colour}\"/>",
            length.max(1.0)
        )?;
        Ok(())
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) -> Result<(), Error> {
        writeln!(
            self.body,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            from.0, from.1, to.0, to.1
        )?;
        Ok(())
    }
}

/// 12345.6 as 12,346.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn digits_are_grouped_from_behind() {
        for (number, text) in [(0.4, "0"), (999.0, "999"), (1_000.0, "1,000"), (1_234_567.8, "1,234,568")] {
            assert_eq!(thousands(number), text);
        }
    }
}
