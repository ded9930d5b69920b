trigger ContactDomain on Contact(after insert, after update, after delete, after undelete) {
  ContactDomainHandler.run(Trigger.oldMap, Trigger.newMap);
}
