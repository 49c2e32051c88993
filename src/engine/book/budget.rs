//! The hard budget: every attempt's worst case is held before it is sent, and given back, less what it cost, when it
//! is settled. What may have been billed stays held until the person says otherwise.

use crate::engine::Settlement;
use crate::money::Usd;

#[derive(Clone, Debug, Default)]
pub struct Budget {
    cap: Option<Usd>,
    spent: Usd,
    reserved: Usd,
    doubtful: Usd,
    doubtful_attempts: u32,
    doubtful_answers: u32,
    overshoot: Usd,
}

impl Budget {
    pub fn new(cap: Option<Usd>) -> Budget {
        Budget { cap, ..Budget::default() }
    }

    pub fn cap(&self) -> Option<Usd> {
        self.cap
    }

    pub fn set_cap(&mut self, cap: Option<Usd>) {
        self.cap = cap;
    }

    /// Everything that is spent, held, or may have been billed.
    pub fn committed(&self) -> Usd {
        self.spent + self.reserved + self.doubtful
    }

    /// What may still be reserved; `None`: there is no cap.
    pub fn room(&self) -> Option<Usd> {
        self.cap.map(|cap| cap.saturating_sub(self.committed()))
    }

    pub fn fits(&self, amount: Usd) -> bool {
        self.cap.is_none_or(|cap| self.committed() + amount <= cap)
    }

    /// Holds the worst case of an attempt; the caller has asked [`Budget::fits`].
    pub fn reserve(&mut self, amount: Usd) {
        self.reserved += amount;
    }

    /// The reservation is free again, less what the attempt cost or may have cost.
    pub fn settle(&mut self, reserved: Usd, settlement: Settlement) {
        self.reserved -= reserved;
        self.spend(settlement);
        if self.cap.is_some() {
            self.overshoot += settlement.confirmed().saturating_sub(reserved);
        }
    }

    /// The same without a reservation: paid elsewhere.
    pub fn spend(&mut self, settlement: Settlement) {
        self.spent += settlement.confirmed();
        if let Some(most) = settlement.doubtful() {
            self.doubtful += most;
            self.doubtful_attempts += 1;
            self.doubtful_answers += u32::from(matches!(settlement, Settlement::WithoutUsage(_)));
        }
    }

    /// The reservation is free again, and nothing was sent for it.
    pub fn release(&mut self, reserved: Usd) {
        self.reserved -= reserved;
    }

    /// The person checked the provider's bill: nothing of what was doubtful was billed.
    pub fn drop_doubtful(&mut self) {
        self.doubtful = Usd::ZERO;
        self.doubtful_attempts = 0;
        self.doubtful_answers = 0;
    }

    pub fn spent(&self) -> Usd {
        self.spent
    }

    pub fn reserved(&self) -> Usd {
        self.reserved
    }

    pub fn doubtful(&self) -> Usd {
        self.doubtful
    }

    pub fn doubtful_attempts(&self) -> u32 {
        self.doubtful_attempts
    }

    pub fn doubtful_answers(&self) -> u32 {
        self.doubtful_answers
    }

    pub fn overshoot(&self) -> Usd {
        self.overshoot
    }
}
