//! Processor time of a program and of all that it started, read from Linux's /proc.

use std::collections::BTreeMap;
use std::fs;

/// /proc counts in hundredths of a second, whatever the kernel's own tick.
const MS_PER_TICK: u64 = 10;

/// What a process of Chromium does, or a thread of it that is looked at by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Browser,
    Network,
    Gpu,
    /// Of the renderer: the page's own thread.
    Page,
    /// Of the renderer: the threads of dedicated workers.
    Worker,
    /// Of the renderer: what else it does, such as input and output, compositing and compiling.
    Renderer,
    Other,
}

impl Part {
    pub const ALL: [Part; 7] =
        [Part::Browser, Part::Network, Part::Gpu, Part::Page, Part::Worker, Part::Renderer, Part::Other];

    pub fn name(self) -> &'static str {
        match self {
            Part::Browser => "browser",
            Part::Network => "network",
            Part::Gpu => "gpu",
            Part::Page => "page",
            Part::Worker => "worker",
            Part::Renderer => "renderer's rest",
            Part::Other => "other",
        }
    }

    fn of(command_line: &str) -> Part {
        let has = |word: &str| command_line.contains(word);
        match () {
            () if has("--type=renderer") => Part::Renderer,
            () if has("--type=gpu-process") => Part::Gpu,
            () if has("network.mojom.NetworkService") => Part::Network,
            () if has("--type=") => Part::Other,
            () => Part::Browser,
        }
    }
}

/// Milliseconds that each part took since it began. Empty where there is no /proc.
pub fn of_browser(browser: u32) -> BTreeMap<Part, u64> {
    let mut taken = BTreeMap::new();
    for process in with_descendants(browser) {
        let command_line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let part = Part::of(&String::from_utf8_lossy(&command_line));
        let mut rest = of_process(process);
        if part == Part::Renderer {
            for (own, ms) in threads(process) {
                rest = rest.saturating_sub(ms);
                *taken.entry(own).or_default() += ms;
            }
        }
        *taken.entry(part).or_default() += rest;
    }
    taken
}

/// Milliseconds that one process took, its ended threads included.
pub fn of_process(process: u32) -> u64 {
    stat(&format!("/proc/{process}")).map_or(0, |stat| stat.ms)
}

/// The load of the last 1, 5 and 15 minutes.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split(' ').take(3).collect();
    if averages.len() == 3 { averages.join(" ") } else { "unknown".to_owned() }
}

struct Stat {
    parent: u32,
    ms: u64,
}

fn stat(place: &str) -> Option<Stat> {
    read_stat(&fs::read_to_string(format!("{place}/stat")).ok()?)
}

/// A name may hold blanks and brackets, so what follows its last bracket is read.
fn read_stat(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat { parent: u32::try_from(number(1)?).ok()?, ms: (number(11)? + number(12)?) * MS_PER_TICK })
}

fn with_descendants(root: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parents: Vec<(u32, u32)> =
        processes.filter_map(|process| Some((process, stat(&format!("/proc/{process}"))?.parent))).collect();
    let mut found = vec![root];
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    found
}

/// The threads of a renderer that are shown by themselves.
fn threads(process: u32) -> Vec<(Part, u64)> {
    let entries = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().filter_map(Result::ok);
    let read = entries.filter_map(|entry| {
        let place = entry.path().to_str()?.to_owned();
        let is_first = entry.file_name().to_str()? == process.to_string();
        let is_worker = fs::read_to_string(format!("{place}/comm")).ok()?.starts_with("DedicatedWorker");
        let part = if is_first { Part::Page } else { Some(Part::Worker).filter(|_| is_worker)? };
        Some((part, stat(&place)?.ms))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_proc_is_read_whatever_the_name_holds() {
        let read = read_stat("7 (a) b (c)) S 3 7 7 0 -1 4194560 90 0 0 0 12 5 0 0 20 0 1 0 100 0 0").expect("a line");
        assert_eq!((read.parent, read.ms), (3, 170));
        assert!(read_stat("7 (a) S").is_none());
    }

    #[test]
    fn processes_are_told_apart_by_their_command_lines() {
        for (line, part) in [
            ("chromium --headless", Part::Browser),
            ("chromium --type=renderer --lang=en", Part::Renderer),
            ("chromium --type=gpu-process", Part::Gpu),
            ("chromium --type=utility --utility-sub-type=network.mojom.NetworkService", Part::Network),
            ("chromium --type=zygote", Part::Other),
        ] {
            assert_eq!(Part::of(line), part, "{line}");
        }
    }
}
