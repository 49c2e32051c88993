//! The hard budget: every attempt's worst case is held before it is sent, and given back, less what it cost, when it
//! is settled. What may have been billed stays held until the person says otherwise.

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

    /// Paid elsewhere, without a reservation of this run.
    pub fn spend(&mut self, cost: Usd) {
        self.spent += cost;
    }

    pub fn fits(&self, amount: Usd) -> bool {
        self.cap.is_none_or(|cap| self.committed() + amount <= cap)
    }

    /// Holds the worst case of an attempt; the caller has asked [`Budget::fits`].
    pub fn reserve(&mut self, amount: Usd) {
        self.reserved += amount;
    }

    /// The attempt cost this much, and its reservation is free again.
    pub fn settle(&mut self, reserved: Usd, cost: Usd) {
        self.reserved -= reserved;
        self.spent += cost;
        if self.cap.is_some() {
            self.overshoot += cost.saturating_sub(reserved);
        }
    }

    /// The attempt may have been billed, `times` times: its reservation is kept, as often.
    pub fn doubt(&mut self, reserved: Usd, times: u64) {
        self.reserved -= reserved;
        self.doubtful += reserved * times;
        self.doubtful_attempts += 1;
    }

    /// The answer is whole, and nobody said what it used.
    pub fn doubt_answer(&mut self, reserved: Usd) {
        self.doubt(reserved, 1);
        self.doubtful_answers += 1;
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
