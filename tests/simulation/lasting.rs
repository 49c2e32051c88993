//! What of a run's progress outlives the tab: the tests of batch jobs share it.

use pennybatch::engine::batch::BatchProgress;
use pennybatch::engine::{LaneProgress, LaneState, Progress};

/// Progress without what ends with the tab: pauses of lanes, what they learned, the rate of the last minute, and what a
/// hand-over is busy with.
pub fn lasting(progress: &Progress) -> Progress {
    let lane = |lane: &LaneProgress| LaneProgress {
        state: LaneState::Ready,
        waiting: None,
        slots: 0,
        limits: Default::default(),
        ..lane.clone()
    };
    let lanes = progress.lanes.iter().map(lane).collect();
    let batch = progress.batch.clone().map(|batch| BatchProgress { problem: None, handing_over: false, ..batch });
    Progress { waiting: None, rate_milli: 0, lanes, batch, ..progress.clone() }
}
