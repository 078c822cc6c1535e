//! Estimating a model from unlabelled records.

pub mod latent;
