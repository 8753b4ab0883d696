--- Events on their way into the buffer: collected, and applied once a frame, so that the screen is drawn thirty times a
--- second at most and nothing holds up the keys, however fast they come.

--- Between two frames, in milliseconds.
local FRAME = 33
--- How long applying events may take in a frame, in nanoseconds; the rest waits for the next one.
local BUDGET = 5e6
--- How much garbage is cleared in a frame, in KiB.
local GARBAGE = 300

---@class claude.Stream
---@field private apply fun(event: claude.SessionEvent)
---@field private around fun(change: fun())
---@field private queue claude.SessionEvent[]
---@field private head integer Where the oldest one is.
---@field private tail integer Where the newest one is.
---@field private timer? uv.uv_timer_t
---@field private scheduled boolean
local Stream = {}
Stream.__index = Stream

---@param apply fun(event: claude.SessionEvent) Puts an event into the buffer.
---@param around fun(change: fun()) Brackets the changes of a frame.
---@return claude.Stream
function Stream.new(apply, around)
  return setmetatable({ apply = apply, around = around, queue = {}, head = 1, tail = 0, scheduled = false }, Stream)
end

---@param event claude.SessionEvent
---@return boolean
local function is_delta(event)
  return event.kind == 'textDelta' or event.kind == 'thinkingDelta'
end

--- Takes the next event off the queue; deltas of one item that follow one another as one.
---@private
---@return claude.SessionEvent
function Stream:take()
  local event = self.queue[self.head] --[[@as claude.SessionEvent]]
  self.queue[self.head] = nil
  self.head = self.head + 1
  if not is_delta(event) then
    return event
  end
  local parts = { event.text }
  local next_event = self.queue[self.head]
  local length = event.offset + #event.text
  while
    next_event
    and next_event.kind == event.kind
    and next_event.itemId == event.itemId
    and next_event.offset == length
  do
    parts[#parts + 1] = next_event.text
    length = length + #next_event.text
    event.seq = next_event.seq
    self.queue[self.head] = nil
    self.head = self.head + 1
    next_event = self.queue[self.head]
  end
  event.text = table.concat(parts)
  return event
end

---@private
---@return boolean
function Stream:is_empty()
  return self.head > self.tail
end

---@private
function Stream:frame()
  self.scheduled = false
  local began = vim.uv.hrtime()
  self.around(function()
    while not self:is_empty() and vim.uv.hrtime() - began < BUDGET do
      self.apply(self:take())
    end
  end)
  -- Highlighting leaves much garbage: a little of it is cleared each time, so that it is never much at once.
  collectgarbage('step', GARBAGE)
  if self:is_empty() then
    self.queue, self.head, self.tail = {}, 1, 0
  else
    self:schedule()
  end
end

---@private
function Stream:schedule()
  if self.scheduled then
    return
  end
  self.scheduled = true
  self.timer = self.timer or assert(vim.uv.new_timer())
  self.timer:start(
    FRAME,
    0,
    vim.schedule_wrap(function()
      if self.scheduled then
        self:frame()
      end
    end)
  )
end

---@param event claude.SessionEvent
function Stream:push(event)
  self.tail = self.tail + 1
  self.queue[self.tail] = event
  self:schedule()
end

--- Applies all that waits, now.
function Stream:flush()
  while not self:is_empty() do
    self:frame()
  end
end

function Stream:close()
  self.queue, self.head, self.tail, self.scheduled = {}, 1, 0, false
  if self.timer then
    self.timer:close()
    self.timer = nil
  end
end

return Stream
