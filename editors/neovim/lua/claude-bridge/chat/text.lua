--- Small work on text.
local M = {}

--- A text as lines, without carriage returns.
---@param text string
---@return string[]
function M.lines(text)
  return vim.split((text:gsub('\r\n?', '\n')), '\n', { plain = true })
end

--- The fence that a Markdown text leaves open, as a reply that was cut short does.
---@param text string
---@return string?
function M.open_fence(text)
  local open ---@type string?
  for line in vim.gsplit(text, '\n', { plain = true }) do
    local fence, rest = line:match('^%s*(```+)(.*)$')
    if not fence then
      fence, rest = line:match('^%s*(~~~+)(.*)$')
    end
    if fence and not open then
      open = fence
    elseif fence and open and vim.startswith(fence, open) and not rest:match('%S') then
      open = nil
    end
  end
  return open
end

--- A fenced block whose fence is longer than any in the text.
---@param lines string[]
---@param language? string
---@return string[]
function M.fenced(lines, language)
  local fence = '```'
  for _, line in ipairs(lines) do
    local inner = line:match('^%s*(```+)')
    if inner and #inner >= #fence then
      fence = inner .. '`'
    end
  end
  local block = { fence .. (language or '') }
  vim.list_extend(block, lines)
  block[#block + 1] = fence
  return block
end

--- A text in one line, as inline code: Markdown leaves it alone.
---@param text string
---@param width integer
---@return string
function M.code(text, width)
  local line = M.shorten(text, width):gsub('`', "'")
  return '`' .. line .. '`'
end

--- A text in one line of at most so many characters.
---@param text string
---@param width integer
---@return string
function M.shorten(text, width)
  local line = vim.trim((text:gsub('%s+', ' ')))
  if vim.fn.strchars(line) > width then
    return vim.fn.strcharpart(line, 0, width - 1) .. '…'
  end
  return line
end

--- How long ago a time of the protocol's was: `5 min`.
---@param at string RFC 3339, UTC
---@return string
function M.age(at)
  local seconds = os.time() - M.epoch(at)
  for _, unit in ipairs({ { 86400, 'd' }, { 3600, 'h' }, { 60, 'min' } }) do
    if seconds >= unit[1] then
      return ('%d %s'):format(math.floor(seconds / unit[1]), unit[2])
    end
  end
  return 'now'
end

--- A time of the protocol's as seconds since 1970.
---@param at string RFC 3339, UTC
---@return integer
function M.epoch(at)
  local year, month, day, hour, minute, second = at:match('^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)')
  local fields = { year = year, month = month, day = day, hour = hour, min = minute, sec = second, isdst = false }
  local local_time = os.time(fields --[[@as std.osdateparam]])
  local utc = os.date('!*t', local_time) --[[@as std.osdateparam]]
  utc.isdst = false
  return local_time + (local_time - os.time(utc))
end

--- A time of the protocol's as the clock on the wall shows it; with the day where it is not today.
---@param at string RFC 3339, UTC
---@return string
function M.clock(at)
  local time = M.epoch(at)
  local today = os.date('%Y-%m-%d', time) == os.date('%Y-%m-%d')
  return os.date(today and '%H:%M' or '%Y-%m-%d %H:%M', time) --[[@as string]]
end

---@param usd number
---@return string
function M.cost(usd)
  return usd >= 0.995 and ('$%.2f'):format(usd) or ('$%.3f'):format(usd)
end

return M
