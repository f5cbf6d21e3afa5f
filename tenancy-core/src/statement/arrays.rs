//! Conditions on columns of arrays: fields of type `Vec<T>`.

use crate::entity::{Column, Element, IntoValue, Parameter};
use crate::statement::condition::Node;
use crate::statement::filter::Filter;

impl<S, T: Element, N, A> Column<S, Vec<T>, N, A>
where
    Vec<T>: crate::entity::ColumnType,
{
    /// The value is among the elements.
    pub fn contains(self, value: impl IntoValue<T>) -> Filter<S> {
        self.contains_all([value])
    }

    /// Every one of the values is among the elements: `@>`, which a GIN index serves.
    pub fn contains_all<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<S> {
        self.array(" @> ", values)
    }

    /// One of the values at least is among the elements: `&&`, which a GIN index serves.
    pub fn overlaps<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Filter<S> {
        self.array(" && ", values)
    }

    fn array<V: IntoValue<T>>(
        self,
        operator: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Filter<S> {
        let values: Vec<T> = values.into_iter().map(IntoValue::into_value).collect();
        Filter::new(Node::Compare { operand: self.into(), operator, value: Parameter::array(values) })
    }
}
