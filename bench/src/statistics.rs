//! Medians, ratios and how sure they are.
//!
//! Ratios are taken within a round, where both contenders ran in the same second, and then their median over all
//! rounds. Its noise is half the width of the 95 % confidence interval of that median, by order statistics, which
//! supposes nothing about how the ratios are distributed.

use serde::{Deserialize, Serialize};

/// A number, and by how much another run may differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    /// Half the width of the 95 % confidence interval. 0 of what was counted.
    pub(crate) noise: f64,
}

impl Estimate {
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, noise: 0.0 }
    }

    /// The median of samples, one a round. `None` of too few.
    pub(crate) fn median(samples: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let value = quantile(&sorted, 0.5)?;
        // The ranks between which the median lies with 95 %: half of n, give or take 1.96 standard deviations of a
        // binomial distribution.
        let n = sorted.len() as f64;
        let reach = 0.98 * n.sqrt();
        let rank = |position: f64| sorted[(position.max(0.0) as usize).min(sorted.len() - 1)];
        let (low, high) = (rank((n / 2.0 - reach).floor()), rank((n / 2.0 + reach).ceil()));
        Some(Self { value, noise: (high - low) / 2.0 })
    }
}

/// The value below which this part of the samples lies, of samples in order.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = part * last as f64;
    let (below, above) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    Some(below + (above - below) * position.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(Estimate::median(&[4.0, 1.0, 3.0, 2.0]).map(|median| median.value), Some(2.5));
        assert_eq!(Estimate::median(&[]), None);
    }

    #[test]
    fn the_noise_is_that_of_the_middle_and_not_of_outliers() {
        let mut samples: Vec<f64> = (0..100).map(|i| 1.0 + f64::from(i) / 1000.0).collect();
        samples[99] = 1000.0;
        let median = Estimate::median(&samples).unwrap();
        assert!((median.value - 1.0495).abs() < 1e-9, "{median:?}");
        // 39th to 59th rank, or so.
        assert!((0.008..0.012).contains(&median.noise), "{median:?}");
    }

    #[test]
    fn few_samples_are_as_noisy_as_they_are_wide() {
        assert_eq!(Estimate::median(&[1.0, 2.0, 3.0]).map(|median| median.noise), Some(1.0));
    }
}
