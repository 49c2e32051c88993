use super::*;

const NOW: Time = Time(1_000_000);

fn meters(limits: Limits, accounting: TokenAccounting) -> Meters {
    Meters::new(limits, accounting, NOW)
}

fn anthropic() -> TokenAccounting {
    TokenAccounting { output_as_used: true, cache_reads_free: true }
}

fn used(input: u64, output: u64, cache_read: u64) -> Bill {
    Bill::Usage { usage: Usage { input, output, cache_read, ..Usage::default() }, stated_cost: None }
}

/// Sends what may go at once, up to `most`, and returns how many went.
fn send_all(meters: &mut Meters, weight: Weight, most: u32, now: Time) -> u32 {
    (0..most)
        .take_while(|_| {
            let free = meters.ready_at(weight, now).is_none();
            if free {
                meters.take(weight);
                meters.sent(weight, now);
            }
            free
        })
        .count() as u32
}

#[test]
fn output_that_counts_as_it_comes_is_held_by_its_cap_and_counted_by_its_use() {
    for model in [LimiterModel::Window, LimiterModel::Bucket] {
        let limits = Limits { output_tokens_per_minute: Some(1_000), model, ..Limits::default() };
        let weight = Weight { input: 10, output: 200 };
        let mut lane = meters(limits.clone(), anthropic());
        let in_flight = send_all(&mut lane, weight, 10, NOW);
        assert!((4..=5).contains(&in_flight), "{in_flight} of {model:?}");
        let waits = lane.ready_at(weight, NOW).expect("five caps fill the minute");
        assert_eq!(waits.reason, WakeReason::OutputTokensPerMinute);
        for _ in 0..in_flight {
            lane.ended(weight, used(10, 20, 0), NOW, NOW.after_ms(10));
        }
        // A hundred tokens are used, so that four more caps fit.
        assert!(send_all(&mut lane, weight, 10, NOW.after_ms(11)) >= in_flight - 1, "{model:?}");

        // Where the cap counts, nothing is ever given back.
        let mut lane = meters(limits, TokenAccounting::default());
        let in_flight = send_all(&mut lane, weight, 10, NOW);
        for _ in 0..in_flight {
            lane.ended(weight, used(10, 20, 0), NOW, NOW.after_ms(10));
        }
        assert_eq!(send_all(&mut lane, weight, 10, NOW.after_ms(11)), 0, "{model:?}");
    }
}

#[test]
fn a_refusal_used_no_output_and_an_attempt_in_doubt_used_its_cap() {
    let limits = Limits { output_tokens_per_minute: Some(1_000), ..Limits::default() };
    let weight = Weight { input: 10, output: 900 };
    let mut lane = meters(limits, anthropic());
    assert_eq!(send_all(&mut lane, weight, 2, NOW), 1);
    lane.ended(weight, Bill::Nothing, NOW, NOW);
    assert_eq!(send_all(&mut lane, weight, 2, NOW), 1);
    lane.ended(weight, Bill::Unknown, NOW, NOW.after_ms(5_000));
    let waits = lane.ready_at(weight, NOW.after_ms(5_000)).expect("the minute is full");
    assert!(waits.at >= NOW.after_ms(65_000), "it counts from its end on: {waits:?}");
}

#[test]
fn input_from_the_providers_cache_is_free_where_the_provider_says_so() {
    for (accounting, more) in [(anthropic(), 9..=10), (TokenAccounting::default(), 0..=0)] {
        for model in [LimiterModel::Window, LimiterModel::Bucket] {
            let limits = Limits { input_tokens_per_minute: Some(1_000), model, ..Limits::default() };
            let weight = Weight { input: 100, output: 1 };
            let mut lane = meters(limits, accounting);
            let in_flight = send_all(&mut lane, weight, 20, NOW);
            for _ in 0..in_flight {
                lane.ended(weight, used(100, 1, 100), NOW, NOW);
            }
            let again = send_all(&mut lane, weight, 20, NOW);
            assert!(more.contains(&again), "{again} of {model:?}, {accounting:?}");
        }
    }
}

#[test]
fn input_and_output_are_limited_apart_and_together() {
    let weight = Weight { input: 100, output: 50 };
    let of = |tokens, input, output| Limits {
        tokens_per_minute: tokens,
        input_tokens_per_minute: input,
        output_tokens_per_minute: output,
        ..Limits::default()
    };
    for (limits, most, reason) in [
        (of(Some(1_500), None, None), 10, WakeReason::TokensPerMinute),
        (of(None, Some(1_500), None), 15, WakeReason::InputTokensPerMinute),
        (of(None, None, Some(1_500)), 30, WakeReason::OutputTokensPerMinute),
        (of(Some(9_000), Some(1_500), Some(450)), 9, WakeReason::OutputTokensPerMinute),
    ] {
        let mut lane = meters(limits, TokenAccounting::default());
        let went: u32 = (0..2).map(|half| send_all(&mut lane, weight, 100, NOW.after_ms(half * 600))).sum();
        assert_eq!(went, most, "{reason:?}");
        assert_eq!(lane.ready_at(weight, NOW.after_ms(601)).map(|wake| wake.reason), Some(reason));
    }
}

fn says(limit: Option<u64>, remaining: Option<u64>, reset_ms: Option<u64>) -> RateSeen {
    RateSeen { requests: LimitSeen { limit, remaining, reset_ms, span_ms: None }, ..RateSeen::default() }
}

const ONE: Weight = Weight { input: 1, output: 1 };

#[test]
fn a_stated_limit_replaces_none_and_a_higher_one_and_never_what_the_person_asked_for() {
    for (asked, stated, in_force) in [(None, 100, 100), (Some(500), 100, 100), (Some(50), 100, 50)] {
        let mut lane = meters(Limits { requests_per_minute: asked, ..Limits::default() }, TokenAccounting::default());
        let readings = lane.sent(ONE, NOW);
        lane.hear(&says(Some(stated), None, None), &readings, NOW, NOW);
        assert_eq!(lane.in_force().requests_per_minute, Some(in_force));
        assert_eq!(lane.asked().requests_per_minute, asked);
        // It may rise again, up to what was asked for.
        let readings = lane.sent(ONE, NOW);
        lane.hear(&says(Some(1_000), None, None), &readings, NOW, NOW);
        assert_eq!(lane.in_force().requests_per_minute, Some(asked.unwrap_or(1_000)));
    }
}

#[test]
fn what_others_use_of_a_shared_limit_is_left_to_them() {
    for model in [LimiterModel::Window, LimiterModel::Bucket] {
        let limits = Limits { requests_per_minute: Some(600), model, ..Limits::default() };
        let mut lane = meters(limits, TokenAccounting::default());
        lane.take(ONE);
        let readings = lane.sent(ONE, NOW);
        lane.hear(&says(Some(600), Some(100), Some(30_000)), &readings, NOW, NOW.after_ms(100));
        let went = send_all(&mut lane, ONE, 1_000, NOW.after_ms(100));
        assert!((95..=102).contains(&went), "{went} of {model:?}");
        let waits = lane.ready_at(ONE, NOW.after_ms(100)).expect("the rest is somebody else's");
        let latest = if model == LimiterModel::Window { 30_100 } else { 1_100 };
        assert!(waits.at <= NOW.after_ms(latest), "{waits:?} of {model:?}");
    }
}

#[test]
fn a_run_that_is_alone_on_its_limit_is_not_slowed_by_what_the_provider_says() {
    for model in [LimiterModel::Window, LimiterModel::Bucket] {
        let limits = Limits { requests_per_minute: Some(600), model, ..Limits::default() };
        let mut lane = meters(limits, TokenAccounting::default());
        let sent: Vec<Readings> = (0..300)
            .map(|_| {
                lane.take(ONE);
                lane.sent(ONE, NOW)
            })
            .collect();
        for (place, readings) in sent.iter().enumerate() {
            lane.hear(&says(Some(600), Some(599 - place as u64), None), readings, NOW, NOW.after_ms(1_000));
        }
        let went = send_all(&mut lane, ONE, 1_000, NOW.after_ms(1_000));
        assert!((294..=306).contains(&went), "{went} of {model:?}");
    }
}

#[test]
fn what_flows_into_a_bucket_is_not_lost_to_what_the_provider_says_in_whole_units() {
    let mut lane = meters(Limits { model: LimiterModel::Bucket, ..Limits::default() }, TokenAccounting::default());
    let first = lane.sent(ONE, NOW);
    let heard = NOW.after_ms(800);
    lane.hear(&says(Some(7), Some(6), None), &first, NOW, heard);
    let sent: Vec<Readings> = (0..6)
        .map(|_| {
            assert_eq!(lane.ready_at(ONE, heard), None);
            lane.take(ONE);
            lane.sent(ONE, heard)
        })
        .collect();
    let mut now = heard;
    for (readings, left) in sent.iter().zip((0..6).rev()) {
        now = now.after_ms(300);
        lane.hear(&says(Some(7), Some(left), None), readings, heard, now);
    }
    // Empty when the first was answered, but for what had flowed in since it was sent: a seventh of a minute does.
    assert_eq!(lane.ready_at(ONE, now).map(|wake| wake.at), Some(NOW.after_ms(8_572)));
}

#[test]
fn what_was_under_way_when_a_limit_is_stated_counts_against_it() {
    let mut lane = meters(Limits { model: LimiterModel::Bucket, ..Limits::default() }, TokenAccounting::default());
    let [first, _, _] = [(); 3].map(|()| lane.sent(ONE, NOW));
    lane.hear(&says(Some(10), Some(9), None), &first, NOW, NOW.after_ms(100));
    assert_eq!(send_all(&mut lane, ONE, 100, NOW.after_ms(100)), 7);
}

#[test]
fn an_old_answer_says_nothing_new() {
    let limits = Limits { requests_per_minute: Some(600), ..Limits::default() };
    let mut lane = meters(limits, TokenAccounting::default());
    let first = lane.sent(ONE, NOW);
    let second = lane.sent(ONE, NOW.after_ms(10));
    lane.hear(&says(Some(600), Some(598), None), &second, NOW.after_ms(10), NOW.after_ms(50));
    lane.hear(&says(Some(600), Some(0), None), &first, NOW, NOW.after_ms(60));
    assert_eq!(lane.ready_at(ONE, NOW.after_ms(60)), None);
}
