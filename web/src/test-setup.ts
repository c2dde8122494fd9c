/** React says where a state changed outside of `act`. */
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
