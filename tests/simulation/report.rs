//! What happened in a world, counted: so that a test can tell that its worlds were worth something.

macro_rules! report {
    ($($field:ident: $words:literal,)*) => {
        #[derive(Clone, Debug, Default)]
        pub struct Report {
            $(pub $field: u64,)*
        }

        impl Report {
            pub fn add(&mut self, other: &Report) {
                $(self.$field += other.$field;)*
            }

            pub fn counts(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$field),)*]
            }
        }
    };
}

report! {
    finished: "runs that finished",
    steps: "steps",
    sends: "sends",
    crashes: "crashes",
    torn_saves: "torn saves",
    saves_failed: "saves that failed",
    refusals: "429s",
    doubtful: "attempts in doubt",
    misfits: "answers that don't fit",
    copies: "copies",
    cached: "cache hits",
    budget_pauses: "pauses by budget",
    lane_stops: "stops of a lane",
    refusing_lanes: "lanes that refused whatever they were asked",
    brakes: "pauses by empty answers",
    imports: "answers from elsewhere",
    asked_again: "answers that were asked for again",
    exports: "request files that were taken away",
}
