#pragma once

/* Descriptors that the parent gives the jail and that the guest never sees. */
enum { CONTROL_FD = 3, REPORT_FD = 4 };

/* Exit code of the jail itself: nothing was run, or not under its rules. */
enum { JAIL_FAILED = 125 };

/* Says what is wrong on stderr and, for the parent, on REPORT_FD, and ends with JAIL_FAILED. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the words of errno. */
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));
