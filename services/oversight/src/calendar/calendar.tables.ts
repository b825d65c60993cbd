export interface CalendarTables {
  holiday: { day: string; name: string; working: boolean }
}
