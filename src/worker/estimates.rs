//! What is asked before a run: its estimate, a preview of a row, a trial of a few rows.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::link::{
    FileEstimate, Place, Problem, Secret, Setup, TRIAL_MODELS_MAX, TRIAL_ROWS, Task, ToPage, TokenCount, Trial,
};
use crate::money::Usd;
use crate::worker::browser::{Slices, next_turn, now};
use crate::worker::http::fetch::Key;
use crate::worker::page;
use crate::worker::plan::{self, problem};
use crate::worker::rows::counting;
use crate::worker::rows::forecast::{forecast, near};
use crate::worker::rows::prepare::{Prepared, Unprepared};
use crate::worker::rows::preview;
use crate::worker::rows::provider_count;
use crate::worker::shell::{Shell, unprepared};
use crate::worker::trial;

impl Shell {
    /// Rows that the waiting checkpoint answers, one flag a row; empty where there is none.
    async fn imported_rows(&self, prepared: &Prepared, setup: &Setup) -> Vec<bool> {
        let import = self.import.borrow().clone();
        let Some(import) = import.filter(|import| import.answers(&prepared.data, setup)) else { return Vec::new() };
        let (mut rows, mut slices) = (vec![false; prepared.items() as usize], Slices::begin());
        let matched = import
            .matched(&prepared.table, setup.id_column.as_deref(), &mut async |_| {
                slices.turn().await;
            })
            .await;
        for (item, _) in matched.rows {
            rows[item as usize] = true;
        }
        rows
    }

    pub(super) fn begin_estimate(self: &Rc<Self>, setup: Setup) {
        self.estimate.set(self.estimate.get() + 1);
        *self.estimated.borrow_mut() = Some(setup.clone());
        let (shell, number) = (self.clone(), self.estimate.get());
        spawn_local(async move {
            shell.tasks.idle(Task::File).await;
            // A key held down asks many times; only the last of a turn is worth rendering all rows.
            next_turn().await;
            let Some(result) = shell.estimate(&setup, number).await else { return };
            page::post(&ToPage::Estimated(result));
            if shell.count_rows(&setup, number).await
                && let Some(result) = shell.estimate(&setup, number).await
            {
                page::post(&ToPage::Estimated(result));
            }
        });
    }

    /// A preview at once, and again when its tokens are counted.
    pub(super) fn begin_preview(self: &Rc<Self>, row: u32, setup: Setup) -> Result<(), Problem> {
        let data = self.data()?;
        self.preview.set(self.preview.get() + 1);
        let (shell, number) = (self.clone(), self.preview.get());
        let result = preview::preview(&data, row, &setup);
        page::post(&ToPage::Previewed { row, result: result.clone() });
        let Ok(estimated) = result else { return Ok(()) };
        spawn_local(async move {
            let counted = preview::counted(estimated, &data, row, &setup, &shell.tokenizers).await;
            if let Some(counted) = counted.filter(|_| shell.preview.get() == number) {
                page::post(&ToPage::Previewed { row, result: Ok(counted) });
            }
        });
        Ok(())
    }

    /// The provider counts some rows; then the preview of the first of them, and the estimate, are told anew.
    pub(super) fn begin_count(self: &Rc<Self>, setup: Setup, key: Option<Secret>, row: u32) {
        let shell = self.clone();
        spawn_local(async move {
            shell.tasks.idle(Task::File).await;
            let counted = shell.count_at_provider(&setup, key, row).await;
            page::post(&ToPage::TokensCounted(counted.clone()));
            // Limits may have changed while it was counted: the latest setup is what the page shows.
            let latest = shell.estimated.borrow().clone().unwrap_or(setup);
            let number = shell.estimate.get();
            if counted.is_ok()
                && let Some(result) = shell.estimate(&latest, number).await
            {
                page::post(&ToPage::Estimated(result));
            }
        });
    }

    async fn count_at_provider(&self, setup: &Setup, key: Option<Secret>, row: u32) -> Result<TokenCount, Problem> {
        let data = self.data()?;
        let key = Key::bind(key, setup)?;
        let prepared = self.prepared(&data, setup, &mut Slices::begin(), || false).await.map_err(unprepared)?;
        let sample = provider_count::count(setup, key.as_ref(), &prepared, row).await?;
        // What was counted says nothing of a prompt that was typed meanwhile.
        let current = self.prepared.borrow().clone().filter(|current| current.fits(&data, setup));
        let current = current
            .ok_or_else(|| problem(Place::Prompt, "Nothing was counted: the prompt changed meanwhile. Count again."))?;
        current.take_sample(sample);
        Ok(sample)
    }

    /// Counts the prepared rows by the model's own vocabulary. True where that told something new.
    async fn count_rows(&self, setup: &Setup, number: u64) -> bool {
        let prepared = self.prepared.borrow().clone();
        let Some(prepared) = prepared.filter(|prepared| !prepared.is_counted()) else { return false };
        let superseded = || self.estimate.get() != number;
        counting::count_rows(&prepared, setup, &self.tokenizers, &mut Slices::begin(), superseded).await.is_ok()
            && prepared.is_counted()
    }

    /// `None`: a newer one was asked for meanwhile.
    async fn estimate(&self, setup: &Setup, number: u64) -> Option<Result<FileEstimate, Problem>> {
        let superseded = || self.estimate.get() != number;
        if superseded() {
            return None;
        }
        let asked = self.data().and_then(|data| plan::checked_plan(setup).map(|plan| (data, plan)));
        let (data, plan) = match asked {
            Ok(asked) => asked,
            Err(problem) => return Some(Err(problem)),
        };
        let slices = &mut Slices::begin();
        match self.prepared(&data, setup, slices, superseded).await {
            Ok(prepared) => {
                let facts = self.facts(&prepared, slices).await;
                let imported = self.imported_rows(&prepared, setup).await;
                let rows = prepared.as_rows(&facts, &imported);
                let turn = &mut async || {
                    slices.turn().await;
                };
                let mut estimate = forecast(setup, &plan, &rows, now(), turn).await;
                estimate.rows_sampled = prepared.rows_sampled();
                estimate.near = near(setup, &plan, &prepared, now(), turn).await;
                Some(Ok(estimate))
            }
            Err(Unprepared::Superseded) => None,
            Err(why) => Some(Err(unprepared(why))),
        }
    }

    pub(super) fn begin_trial(self: &Rc<Self>, setup: Setup, key: Option<Secret>, more_models: Vec<String>) {
        if self.tasks.is_busy(Task::Run) {
            let words = "A run is being started or opened. Try the rows once that is done.";
            return page::post(&ToPage::Tried(Err(problem(Place::Run, words))));
        }
        if self.trying.replace(true) {
            return;
        }
        let shell = self.clone();
        spawn_local(async move {
            shell.tasks.idle(Task::File).await;
            let tried = shell.try_rows(&setup, key, more_models).await;
            shell.trying.set(false);
            page::post(&ToPage::Tried(tried));
        });
    }

    async fn try_rows(&self, setup: &Setup, key: Option<Secret>, more: Vec<String>) -> Result<Trial, Problem> {
        let data = self.data()?;
        let key = Key::bind(key, setup)?;
        let slices = &mut Slices::begin();
        let prepared = self.prepared(&data, setup, slices, || false).await.map_err(unprepared)?;
        let facts = self.facts(&prepared, slices).await;
        let rows = trial::spread_rows(&facts, TRIAL_ROWS);
        let imported = self.imported_rows(&prepared, setup).await;
        let plan = plan::checked_plan(setup)?;
        let rows_known = prepared.as_rows(&facts, &imported);
        let turn = &mut async || {
            slices.turn().await;
        };
        let to_pay = forecast(setup, &plan, &rows_known, now(), turn).await.calls;
        let models = std::iter::once(setup.model.clone()).chain(more).take(TRIAL_MODELS_MAX);
        let mut tried = Vec::new();
        let replaced = || !self.data().is_ok_and(|open| Rc::ptr_eq(&open, &data));
        for model in models {
            if replaced() {
                break;
            }
            let own = Setup { budget: self.budget_left(setup)?, ..trial::with_model(setup, &model) };
            let part = trial::try_model(own, key.clone(), prepared.clone(), &rows, to_pay).await;
            let mut spend = self.trial_spend.get();
            spend[usize::from(setup.provider.is_remote())] += part.model.spent + part.model.doubtful;
            self.trial_spend.set(spend);
            if setup.use_cache {
                self.storage.remember(&part.to_keep).await;
            }
            tried.push(part);
        }
        let off_the_budget = self.trial_spend.get()[usize::from(setup.provider.is_remote())];
        if replaced() {
            let words = "Other data was opened while rows were tried, so their answers aren't shown. What they cost is \
                         taken off the next run's budget.";
            return Err(problem(Place::Data, words));
        }
        Ok(trial::joined(setup, &prepared, &rows, &tried, off_the_budget))
    }

    /// What trials have left of the budget.
    pub(super) fn budget_left(&self, setup: &Setup) -> Result<Option<Usd>, Problem> {
        let spent = self.trial_spend.get()[usize::from(setup.provider.is_remote())];
        match setup.budget {
            Some(budget) if budget <= spent => Err(problem(
                Place::Limits,
                format!("Trials have used up the budget of {budget}: {spent} was spent or may have been. Raise it."),
            )),
            budget => Ok(budget.map(|budget| budget - spent)),
        }
    }
}
