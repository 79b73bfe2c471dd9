//! Distribution: which contact is offered to which operator, and when.
